import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { LOOPBACK } from './plan.ts';

/** The first of so many consecutive ports that nobody uses now. */
export async function findFreePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    // Below those that systems give to outgoing connections: a network keeps its ports for years.
    const first = randomInt(LOWEST, HIGHEST - count);
    if ((await takenPorts(first, count)).length === 0) return first;
  }
  throw new Error(`no ${count} consecutive ports are free`);
}

/** Those of the consecutive ports that something else uses. */
export async function takenPorts(first: number, count: number): Promise<number[]> {
  const ports = Array.from({ length: count }, (_, n) => first + n);
  const free = await Promise.all(ports.map(isFree));
  return ports.filter((_, n) => !free[n]);
}

const LOWEST = 10_000;
const HIGHEST = 32_000;
const ATTEMPTS = 50;

function isFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen({ port, host: LOOPBACK }, () => server.close(() => answer(true)));
  });
}
