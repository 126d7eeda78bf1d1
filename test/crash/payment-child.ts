import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import type { Command } from '../../api/ledger-commands.ts';
import { serve } from '../../api/serve.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { WechatProvider } from '../../payments/wechat/wechat-provider.ts';

/** The service's folder and its account at a stand-in for WeChat; keys as PEM. */
export interface PaymentChild {
  readonly dataDir: string;
  readonly url: string;
  readonly notifyUrl: string;
  readonly merchant: string;
  readonly application: string;
  readonly certificateSerial: string;
  readonly privateKey: string;
  readonly platformKeys: readonly (readonly [string, string])[];
  /** Base64. */
  readonly apiV3Key: string;
}

/** Where the process kills itself, once: around one kind of command to the ledger. */
export interface KillPoint {
  readonly do: Command['do'];
  /** `before`: nothing of it is durable; `after`: all of it is, and nobody was answered. */
  readonly when: 'before' | 'after';
}

/**
 * The real service with a real adapter. The first line says what to open, a later one where to end: by
 * SIGKILL, at exactly that place, as a lost machine does.
 */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const setup: PaymentChild = JSON.parse(String((await lines.next()).value));
const { dataDir, apiV3Key, privateKey, platformKeys, ...account } = setup;
const ledger = await Ledger.open({ dataDir, checkpointMs: 20 });
const provider = new WechatProvider({
  ...account,
  privateKey: createPrivateKey(privateKey),
  platformKeys: new Map(platformKeys.map(([serial, pem]) => [serial, createPublicKey(pem)])),
  apiV3Key: Buffer.from(apiV3Key, 'base64'),
  ...{ timeoutMs: 10_000, nowMs: Date.now, newNonce: () => randomBytes(16).toString('hex') },
});
let point: KillPoint | undefined;
const execute = ledger.execute.bind(ledger);
const endAt = (command: Command, when: KillPoint['when']) => {
  if (point?.do === command.do && point.when === when) process.kill(process.pid, 'SIGKILL');
};
Object.defineProperty(ledger, 'execute', {
  value: async (command: Command) => {
    endAt(command, 'before');
    const result = await execute(command);
    endAt(command, 'after');
    return result;
  },
});
const service = await serve({
  config: readConfig({ BILLPROOF_DATA: dataDir, PORT: '0', LOG_LEVEL: 'silent' }),
  ...{ ledger, log: pino({ level: 'silent' }), providers: [provider] },
});
process.stdout.write(`ready ${service.port}\n`);
process.once('SIGTERM', () => {
  void service.stop().then(() => process.exit(0));
});
for await (const line of lines) {
  point = JSON.parse(line);
  process.stdout.write('armed\n');
}
