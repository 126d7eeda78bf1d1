import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from './config.ts';

/**
 * JSON lines. What is logged is chosen, not filtered: routes and codes, never addresses, bodies, names
 * or tokens. Headers and keys are removed all the same, for the error that carries them one day.
 */
export function apiLog(level: LogLevel, to: DestinationStream): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact }, to);
}

const redact = {
  paths: ['headers', '*.headers', 'authorization', '*.authorization', '*.key', '*.token', '*.jws'],
  remove: true,
};
