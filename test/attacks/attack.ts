import { canonicalize } from '../../ledger/core/canonical-json.ts';
import type { Seen } from '../../ledger/core/verdict.ts';
import type { BundleParts, Forger } from '../support/forge.ts';
import { type Step, type StepName, TENANT, tell } from './story.ts';

/** Who could do it: whoever has the file, whoever holds the device key, or the ledger itself. */
export type Attacker = 'outsider' | 'bridge' | 'operator';

/** A forged bundle with what its reader knows besides. All plain data: it goes into a browser. */
export interface Forgery {
  readonly text: string;
  readonly options: {
    readonly trust?: string;
    readonly remembered?: Seen;
    readonly expected?: { readonly commitment?: string; readonly minorUnits?: string };
  };
}

export interface Attack {
  readonly name: string;
  readonly by: Attacker;
  readonly tamper: () => Forgery;
  /** The layer that must refuse it, and why. */
  readonly layer: number;
  readonly code: string;
  /** What else breaks by it, by layer. */
  readonly also?: Readonly<Record<number, string>>;
}

export type Twist = { readonly [K in StepName]?: Step | undefined };
type Expected = readonly [layer: number, code: string, also?: Readonly<Record<number, string>>];

/** A lie told before events, commitments and proofs are made: everything else fits to it. */
export function forged(
  by: Attacker,
  name: string,
  [layer, code, also]: Expected,
  twist: Twist,
  lie?: (parts: BundleParts, f: Forger) => BundleParts,
): Attack {
  const tamper = () => {
    const f = tell(twist);
    return {
      text: f.bundle(TENANT, (parts) => lie?.(parts, f) ?? parts),
      options: { trust: f.trust },
    };
  };
  return { name, by, tamper, layer, code, ...(also === undefined ? {} : { also }) };
}

/** An edit of the members of an honest bundle by somebody who has nothing but the file. */
export function edited(
  name: string,
  [layer, code, also]: Expected,
  edit: (parts: BundleParts) => BundleParts,
): Attack {
  const tamper = () => {
    const f = honestSite();
    return { text: canonicalize(edit(honestParts())), options: { trust: f.trust } };
  };
  return { name, by: 'outsider', tamper, layer, code, ...(also === undefined ? {} : { also }) };
}

/** An edit of the text of an honest bundle: what a canonical writer would never write. */
export function garbled(name: string, code: string, edit: (text: string) => string): Attack {
  const tamper = () => {
    const f = honestSite();
    return { text: edit(f.bundle(TENANT)), options: { trust: f.trust } };
  };
  return { name, by: 'outsider', tamper, layer: 1, code };
}

/** An attack that needs more than one bundle, or other things that the reader knows. */
export function arranged(
  by: Attacker,
  name: string,
  [layer, code, also]: Expected,
  tamper: () => Forgery,
): Attack {
  return { name, by, tamper, layer, code, ...(also === undefined ? {} : { also }) };
}

let site: Forger | undefined;

/** The site on which nobody lies. Read only. */
export function honestSite(): Forger {
  site ??= tell();
  return site;
}

/** A copy of the honest bundle's members. */
export function honestParts(): BundleParts {
  return JSON.parse(honestSite().bundle(TENANT));
}

/** Changes one item of a list of texts. */
export function editItem(
  parts: BundleParts,
  list: string,
  at: number,
  edit: (item: string) => unknown,
): BundleParts {
  const items: unknown = parts[list];
  if (!Array.isArray(items)) throw new Error(`${list} is a list`);
  const index = at < 0 ? items.length + at : at;
  return { ...parts, [list]: items.map((item, i) => (i === index ? edit(item) : item)) };
}

/** Changes the list itself. */
export function editList<T>(
  parts: BundleParts,
  list: string,
  edit: (items: T[]) => readonly unknown[],
): BundleParts {
  const items = parts[list];
  if (!Array.isArray(items)) throw new Error(`${list} is a list`);
  return { ...parts, [list]: edit([...items]) };
}

/** Replaces exactly one place, and fails when there is none: an attack that does nothing proves nothing. */
export function swap(text: string, from: string | RegExp, to: string): string {
  const result = text.replace(from, to);
  if (result === text) throw new Error(`nothing to replace by ${to}`);
  return result;
}
