import { fromHex } from './bytes.ts';
import { isObject, isPlain, type Json, parseCanonical, refuseDeepText } from './canonical-json.ts';
import { Refusal } from './refusal.ts';
import {
  anything,
  HASH,
  integer,
  list,
  object,
  type Read,
  type Reader,
  shown,
  TIME,
  text,
} from './shape.ts';

/** Largest bundle that is looked at, in UTF-16 code units, and its deepest nesting. */
export const MAX_BUNDLE_CHARS = 192 * 1024 * 1024;
export const MAX_BUNDLE_DEPTH = 8;
export const BUNDLE_FORMAT = 'billproof/1';
export const BUNDLE_MEDIA_TYPE = 'application/vnd.billproof+json';

/** A statement of many meters or a tariff of many prices is long; the whole bundle is limited too. */
const VERBATIM_CHARS = 1_048_576;
const anyVerbatim = text(/^[^\n]{1,1048576}$/su);
/** A text of one line. The pattern counts code points, which only a longer text has to be counted for. */
const verbatim: Reader<string> = (value, pointer) => {
  const isPlain = typeof value === 'string' && value.length > 0 && value.length <= VERBATIM_CHARS;
  return isPlain && !value.includes('\n') ? value : anyVerbatim(value, pointer);
};
const hash = text(HASH);
const hashes = list(hash, 64);
const opening = object({ event: verbatim, salt: hash });
const provenOpening = object({ event: verbatim, salt: hash, index: integer(), proof: hashes });
const noteText = text(/^[\s\S]{1,65536}$/u);
const receipts = object({ fabric: list(anything, 16), ethereum: list(anything, 16) });

const readBundle = object(
  {
    format: text(/^billproof\/1$/),
    log: object({ vkey: text(/^[\x21-\x7e]{1,512}$/), origin: text(/^[\x21-\x7e]{1,255}$/) }),
    /** C2SP tlog-policy text that says whose cosignatures are wanted. */
    policy: text(/^[\s\S]{0,65536}$/u),
    /** Signed note of the checkpoint that all proofs lead to. */
    checkpoint: noteText,
    statement: object({ index: integer() }),
    /** Inclusion proof of the statement. */
    proof: hashes,
    /** The account's events, gapless, the statement last. */
    openings: list(opening),
    /** Records by meter in the statement's order, each meter's gapless. */
    readings: list(verbatim),
    /** For each chain of records, in the same order, the signature over its last one. */
    batches: list(object({ jws: verbatim, index: integer(), path: hashes }), 1024),
    /** Facts with proofs of their own: device keys, tariffs, policies, the account's meters. */
    site: list(provenOpening, 4096),
    earlier: list(object({ checkpoint: noteText, consistency: hashes, anchors: receipts }), 64),
    anchors: receipts,
    produced: object({ by: shown(0, 256), at: text(TIME) }),
  },
  { period: object({ leaf: anything, path: list(anything, 64) }) },
);

/**
 * Members on which no layer depends: a change in them changes no verdict, and what a page shows of them
 * is the word of whoever made the file. `policy` is one of them where the verifier has its own.
 */
export const INFORMATIVE_FIELDS = ['/produced/by', '/produced/at', '/period', '/policy'] as const;

/** A proof bundle (docs/formats.md, "Proof bundle"). Nothing in it is believed before it is checked. */
export type Bundle = Read<typeof readBundle>;
export type Opening = Bundle['openings'][number];
export type ProvenOpening = Bundle['site'][number];

/**
 * Reads a bundle's text. Refusals: `bundle-too-large`, `json-depth`, `json-*` for a text that is no
 * canonical JSON, `unknown-format`, `bad-shape` with the pointer of the offending member.
 */
export function parseBundle(source: string): Bundle {
  return readBundleValue(parseCanonical(source, refuseMonsters(source)));
}

/**
 * First part of `parseBundle`: the limits, before any parser sees the text. Answers whether the text
 * `isPlain`, which the same look at it tells.
 */
export function refuseMonsters(source: string): boolean {
  if (source.length > MAX_BUNDLE_CHARS) {
    throw new Refusal('bundle-too-large', 'The file is larger than any bill.', {
      limit: MAX_BUNDLE_CHARS,
    });
  }
  const plain = isPlain(source, MAX_BUNDLE_DEPTH);
  if (!plain) refuseDeepText(source, MAX_BUNDLE_DEPTH);
  return plain;
}

/** Last part of `parseBundle`: a bundle from the value of its canonical text. */
export function readBundleValue(value: Json): Bundle {
  const format = isObject(value) ? value['format'] : undefined;
  if (format !== BUNDLE_FORMAT) {
    throw new Refusal('unknown-format', `This is not a proof bundle of format ${BUNDLE_FORMAT}.`, {
      format: typeof format === 'string' ? format.slice(0, 64) : 'none',
    });
  }
  return readBundle(value, '');
}

export function hashList(texts: readonly string[]): Uint8Array[] {
  return texts.map(fromHex);
}
