import type { ApiParts } from '../http-context.ts';
import { AllowedAddresses } from './allowed-address.ts';
import { Courier } from './courier.ts';
import { sendMessage } from './send-message.ts';

/** How long an endpoint may take for its answer. */
const TIMEOUT_MS = 15_000;

/** The courier of a service; `networks` may be reached besides public addresses. */
export function courierOf(
  { access, ledger, log, metrics }: Pick<ApiParts, 'access' | 'ledger' | 'log' | 'metrics'>,
  networks: readonly string[],
): Courier {
  const allowed = new AllowedAddresses(networks);
  return new Courier({
    ...{ access, ledger, log, ...metrics.webhooks, random: Math.random },
    send: async (sending) => await sendMessage(sending, { allowed, timeoutMs: TIMEOUT_MS }),
  });
}
