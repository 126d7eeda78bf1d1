import { assert } from '../../ledger/core/assert.ts';
import type {
  DoubleSettings,
  HeldRefund,
  ProviderBooks,
  ProviderDouble,
  SentNotification,
} from './double.ts';
import type { DoubleCore } from './double-core.ts';
import {
  type DoubleAnswer,
  type DoubleRequest,
  type DoubleServer,
  serveDouble,
} from './double-server.ts';
import { FAULT_KINDS, type Fault, type FaultKind } from './fault.ts';

/** What every double is besides its protocol: a server, faults, books, and notifications on their way. */
export abstract class StandIn<Detail> {
  abstract readonly lacking: ProviderDouble['lacking'];
  protected abstract readonly core: DoubleCore<Detail>;
  protected readonly settings: DoubleSettings;
  #server: DoubleServer | undefined;

  constructor(settings: DoubleSettings) {
    this.settings = settings;
  }

  /** A request of the adapter or of a payer; `badly`: to be signed with a signature that is not its own. */
  protected abstract answer(request: DoubleRequest, badly: boolean): DoubleAnswer;
  /** From now on another key signs. */
  protected abstract rotateKeys(): void;

  async listen(): Promise<void> {
    this.#server = await serveDouble(this.settings.port, this.core.faults, (request, badly) =>
      this.answer(request, badly),
    );
  }

  get url(): string {
    assert(this.#server !== undefined, 'the double does not listen yet');
    return this.#server.url;
  }

  get faults(): readonly FaultKind[] {
    return FAULT_KINDS.filter((kind) => !(kind in this.lacking));
  }

  async refundByHand(order: string, minor: bigint): Promise<HeldRefund> {
    return this.core.refundByHand(order, minor);
  }

  inject(fault: Fault): void {
    if (fault.kind === 'key-rotated') this.rotateKeys();
    else this.core.inject(fault);
  }

  heal(): void {
    this.core.faults.heal();
  }

  books(): ProviderBooks {
    return this.core.book.books();
  }

  sent(): readonly SentNotification[] {
    return this.core.deliveries.sent();
  }

  quiet(): Promise<void> {
    return this.core.deliveries.quiet();
  }

  async stop(): Promise<void> {
    await this.core.deliveries.stop();
    await this.#server?.stop();
  }
}
