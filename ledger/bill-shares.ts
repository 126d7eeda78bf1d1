import { randomBytes, timingSafeEqual } from 'node:crypto';
import { billCode, readBillCode } from './core/bill-code.ts';
import type { DirectoryRow } from './store/port.ts';
import { sha256Hex } from './writer/fast-hash.ts';

/** Two secrets that open one bill: for its link, and to be typed from paper. */
export interface BillShare {
  /** 16 random bytes in base64url. */
  readonly key: string;
  /** As `core/bill-code.ts` writes it. */
  readonly code: string;
}

/**
 * Of each secret the store has only a hash. A key cannot be found from it; the 55 bits of a code could,
 * with great effort, by who has a copy of the database.
 */
interface ShareDoc {
  /** Hash of the key; shares of earlier versions have no code. */
  readonly keyHash: string;
  readonly codeHash?: string;
  readonly expires: string;
}
interface CodeDoc {
  readonly statement: string;
  readonly expires: string;
}

const SHARE_MONTHS = 24;
const PAGE = 100;

/** The directory of a store, read without stopping the thread that asks. */
export interface DirectoryReading {
  directory(site: string, kind: string, id: string): Promise<string | undefined>;
  directoryPage(site: string, kind: string, after: string, limit: number): Promise<DirectoryRow[]>;
}

/** The shares of a site's bills, in the directory: they are no facts of the ledger and in no event. */
export class BillShares {
  readonly #directory: DirectoryReading;
  readonly #put: (site: string, row: DirectoryRow) => Promise<unknown>;
  readonly #now: () => string;

  constructor(
    directory: DirectoryReading,
    put: (site: string, row: DirectoryRow) => Promise<unknown>,
    now = () => new Date().toISOString(),
  ) {
    this.#directory = directory;
    this.#put = put;
    this.#now = now;
  }

  /** A new share of a statement, for 24 months; durable when the promise resolves. */
  async make(site: string, statement: string): Promise<BillShare> {
    const share = { key: randomBytes(16).toString('base64url'), code: billCode(randomBytes(7)) };
    const expires = new Date(this.#now());
    expires.setUTCMonth(expires.getUTCMonth() + SHARE_MONTHS);
    const doc: ShareDoc = {
      keyHash: sha256Hex(share.key),
      codeHash: sha256Hex(readBillCode(share.code) ?? ''),
      expires: expires.toISOString(),
    };
    await this.#write(site, statement, doc);
    return share;
  }

  /** Whether the key opens the statement now. */
  async opens(site: string, statement: string, key: string): Promise<boolean> {
    const id = shareId(statement, sha256Hex(key));
    const doc = await this.#directory.directory(site, 'share', id);
    if (doc === undefined) return false;
    const { keyHash, expires }: ShareDoc = JSON.parse(doc);
    const isSame = timingSafeEqual(Buffer.from(keyHash), Buffer.from(sha256Hex(key)));
    return isSame && expires > this.#now();
  }

  /** The statement that a code opens now; `symbols` as `readBillCode` gives them. */
  async statementOf(site: string, symbols: string): Promise<string | undefined> {
    const doc = await this.#directory.directory(site, 'bill-code', sha256Hex(symbols));
    if (doc === undefined) return undefined;
    const { statement, expires }: CodeDoc = JSON.parse(doc);
    return expires > this.#now() ? statement : undefined;
  }

  /** Ends every share of a statement; how many there were that still opened it. */
  async revoke(site: string, statement: string): Promise<number> {
    const expires = this.#now();
    const shares = await this.#sharesOf(site, statement);
    const open = shares.filter((share) => share.expires > expires);
    for (const share of open) await this.#write(site, statement, { ...share, expires });
    return open.length;
  }

  /** The code first: a crash between the two leaves a code that nobody was told, or ends the share. */
  async #write(site: string, statement: string, doc: ShareDoc): Promise<void> {
    const { keyHash, codeHash, expires } = doc;
    if (codeHash !== undefined) {
      const code: CodeDoc = { statement, expires };
      await this.#put(site, { kind: 'bill-code', id: codeHash, doc: JSON.stringify(code) });
    }
    const id = shareId(statement, keyHash);
    await this.#put(site, { kind: 'share', id, doc: JSON.stringify(doc) });
  }

  async #sharesOf(site: string, statement: string): Promise<ShareDoc[]> {
    const shares: ShareDoc[] = [];
    for (let after = `${statement}/`; ; ) {
      const page = await this.#directory.directoryPage(site, 'share', after, PAGE);
      for (const { id, doc } of page) {
        if (!id.startsWith(`${statement}/`)) return shares;
        shares.push(JSON.parse(doc));
        after = id;
      }
      if (page.length < PAGE) return shares;
    }
  }
}

function shareId(statement: string, keyHash: string): string {
  return `${statement}/${keyHash.slice(0, 32)}`;
}
