import { readFileSync } from 'node:fs';

/** One case of the recorded blocks, with everything that a check of it takes, as JSON can carry it. */
export interface FabricCase {
  readonly name: string;
  readonly receipt: {
    readonly channel: string;
    readonly chaincode: string;
    readonly block: string;
    readonly index: number;
    readonly config: readonly string[];
    readonly validity?: string;
  };
  readonly anchored: { readonly origin: string; readonly size: number; readonly root: string };
  readonly pinned: string;
  readonly expected:
    | { readonly ok: true; readonly validity: string; readonly txId: string }
    | { readonly ok: false; readonly codes: readonly string[] };
}

interface Given {
  readonly channel: string;
  readonly chaincode: string;
  readonly pinned: string;
  readonly config: readonly string[];
}

interface Manifest {
  readonly common: Given;
  readonly cases: readonly {
    readonly name: string;
    readonly receipt: Partial<Given> & {
      readonly block: string;
      readonly tx: number;
      readonly origin: string;
      readonly size: number;
      readonly root: string;
      readonly validity?: string;
    };
    readonly expect: FabricCase['expected'];
  }[];
}

/** The cases of a folder's manifest, its files in base64. */
export function readFabricCases(folder: URL): readonly FabricCase[] {
  const encoded = (name: string) => readFileSync(new URL(name, folder)).toString('base64');
  const manifest: Manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8'));
  return manifest.cases.map(({ name, receipt, expect }) => {
    const given = { ...manifest.common, ...receipt };
    const { channel, chaincode, origin, size, root, pinned } = given;
    return {
      name,
      receipt: {
        channel,
        chaincode,
        block: encoded(given.block),
        index: given.tx,
        config: given.config.map(encoded),
        ...(given.validity === undefined ? {} : { validity: encoded(given.validity) }),
      },
      anchored: { origin, size, root },
      pinned,
      expected: expect,
    };
  });
}
