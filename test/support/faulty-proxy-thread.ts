import { connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { FAULTS } from './faulty-proxy.ts';

const FAULT = 0;
const OPEN = 1;
const COMMIT = Buffer.from('COMMIT\0');

const { control, port }: { control: Int32Array; port: number } = workerData;

const server = createServer((client) => {
  if (Atomics.load(control, OPEN) === 0) {
    client.destroy();
    return;
  }
  const upstream = connect(port, '127.0.0.1');
  let isDeaf = false;
  client.on('data', (chunk: Buffer) => {
    if (isDeaf) return;
    const fault = Atomics.load(control, FAULT);
    if (fault === FAULTS.none || !chunk.includes(COMMIT)) {
      upstream.write(chunk);
      return;
    }
    isDeaf = true;
    if (fault === FAULTS.cutBeforeCommit) {
      client.destroy();
      happened();
    } else if (fault === FAULTS.hang) {
      happened();
    } else {
      upstream.removeAllListeners('data');
      const lose = () => {
        client.destroy();
        happened();
      };
      if (fault === FAULTS.loseAnswer) upstream.once('data', lose);
      upstream.write(chunk);
      if (fault === FAULTS.cutInCommit) lose();
    }
  });
  upstream.on('data', (chunk) => void client.write(chunk));
  // The server's end stays open when the client's was cut: its session lingers.
  upstream.on('close', () => client.destroy());
  client.on('end', () => upstream.end());
  ignoreErrors(client, upstream);
});

function happened(): void {
  if (Atomics.load(control, OPEN) === 2) Atomics.store(control, OPEN, 0);
  Atomics.store(control, FAULT, FAULTS.none);
}

function ignoreErrors(...sockets: Socket[]): void {
  for (const socket of sockets) socket.on('error', () => undefined);
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') parentPort?.postMessage(address.port);
});
