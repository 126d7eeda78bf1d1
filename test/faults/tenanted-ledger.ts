import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { issueToken, tokenKeyFromText } from '../../api/tokens.ts';
import { type FsckReport, fsck } from '../../ledger/fsck.ts';
import { fsckDatabase } from '../../ledger/fsck-database.ts';
import { PostgresReader } from '../../ledger/store/postgres/postgres-reader.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { ServiceProcess } from '../cluster/spawned-ledger.ts';
import { TenantedSite } from '../cluster/tenanted-site.ts';

export interface TenantedOptions {
  /** `postgres://` URL, as the services have it; a data folder unless given. */
  readonly database?: string;
  /** The same without what stands between. */
  readonly direct?: string;
  /** Of the last checkpoints; in the database unless given. */
  readonly checkpointUrl?: string;
  /** Of the data, when it is not a folder of its own. */
  readonly dataDir?: string;
  readonly sites: readonly string[];
}

/** Services on one data folder or database, and sites whose bridges and tenants use them. */
export class TenantedLedger {
  readonly sites: readonly TenantedSite[];
  readonly dataDir: string;
  readonly services: ServiceProcess[] = [];
  readonly #options: TenantedOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'billproof-faults-'));
  readonly #kek = randomBytes(32);
  readonly #tokenKey: string;

  private constructor(options: TenantedOptions, tokenKey: string, token: string) {
    this.#options = options;
    this.#tokenKey = tokenKey;
    this.dataDir = options.dataDir ?? join(this.#folder, 'data');
    this.sites = options.sites.map((site) => new TenantedSite(site, token));
  }

  static async make(options: TenantedOptions): Promise<TenantedLedger> {
    const tokenKey = randomBytes(32).toString('hex');
    const life = { nowMs: Date.now(), seconds: 24 * 3_600 };
    const principal = { id: 'admin', role: 'admin' } as const;
    const token = await issueToken(tokenKeyFromText(tokenKey), principal, life);
    return new TenantedLedger(options, tokenKey, token);
  }

  /** URL of the database without what stands between; none in a folder. */
  get database(): string | undefined {
    return this.#options.direct ?? this.#options.database;
  }

  /** The settings of a service, for those who start one by themselves. */
  env(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { database, checkpointUrl } = this.#options;
    return {
      BILLPROOF_DATA: this.dataDir,
      BILLPROOF_KEK: this.#kek.toString('hex'),
      BILLPROOF_TOKEN_KEY: this.#tokenKey,
      ...(database !== undefined && { DATABASE_URL: database }),
      ...(checkpointUrl !== undefined && { BILLPROOF_CHECKPOINT_URL: checkpointUrl }),
      ...more,
    };
  }

  async start(more: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const service = await ServiceProcess.start(this.env(more));
    this.services.push(service);
    return service;
  }

  /** Each site reads its meter and pays at times, until `isOver`, through these services. */
  async use(urls: readonly string[], isOver: () => boolean): Promise<void> {
    await Promise.all(
      this.sites.map(async (site) => {
        for (let i = 0; !isOver(); i += 1) {
          await site.send(urls);
          if (i % 4 === 0) await site.pay(urls);
        }
      }),
    );
  }

  /** What callers were refused since the last time this was asked: `503 store-unavailable, 1 s: Why.` */
  refusals(): string[] {
    return this.sites.flatMap(({ refusals }) => refusals.splice(0));
  }

  /** While sites are used: milliseconds until each has had a reading acknowledged that was made after now. */
  async untilWell(): Promise<number> {
    const beginMs = performance.now();
    const made = this.sites.map((site) => site.made);
    while (this.sites.some(({ acknowledged }, i) => acknowledged < (made[i] ?? 0))) await sleep(5);
    return performance.now() - beginMs;
  }

  /** Each site sends a reading and pays. */
  async useOnce(urls: readonly string[]): Promise<void> {
    await Promise.all(
      this.sites.map(async (site) => {
        await site.send(urls);
        await site.pay(urls);
      }),
    );
  }

  /** Ends all services; every acknowledged reading and payment is there once, and fsck finds nothing. */
  async expectSound(): Promise<void> {
    for (const service of this.services) await service.end();
    const report = await this.fsck();
    expect(report.findings).toEqual([]);
    expect(report.records).toBe(this.sites.reduce((sum, { made }) => sum + made, 0));
    for (const { acknowledged, made } of this.sites) expect(acknowledged).toBe(made - 1);
    const reader = this.#reader();
    for (const { site, paid } of this.sites) {
      const cash = reader.balances(site).find(({ book }) => book === 'cash:cash');
      expect([site, cash?.micros ?? 0n]).toEqual([site, paid]);
    }
    reader.close();
  }

  /** Of the database that is named, or of what the services have. */
  async fsck(url = this.database): Promise<FsckReport> {
    const { checkpointUrl } = this.#options;
    const more = { kek: this.#kek, deep: true, threads: 1 };
    if (url !== undefined) return await fsckDatabase({ url, checkpointUrl, ...more });
    return await fsck({ dataDir: this.dataDir, ...more });
  }

  #reader(): SqliteReader | PostgresReader {
    const url = this.database;
    return url === undefined
      ? new SqliteReader(join(this.dataDir, 'ledger.db'))
      : new PostgresReader({ url });
  }

  async remove(): Promise<void> {
    for (const service of this.services) {
      service.signal('SIGCONT');
      await service.end('SIGKILL');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
