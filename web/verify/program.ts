import { hex, utf8 } from '../../ledger/core/bytes.ts';
import { sha256 } from '../../ledger/core/primitives.ts';

/** Version of the page; web/build.ts puts that of package.json in its place. */
declare const BILLPROOF_VERSION: string;

let text = '';

/** The page's own program: the text of its one script, which is also what the worker runs. */
export const PROGRAM = {
  version: BILLPROOF_VERSION,
  /** Called once while the script runs: later the browser no longer says which script it was. */
  capture(script: string): void {
    text = script;
  },
  script(): string {
    return text;
  },
  /** SHA-256 of the script, hex; the same as in the page's content security policy. */
  hash(): string {
    return hex(sha256(utf8(text)));
  },
};
