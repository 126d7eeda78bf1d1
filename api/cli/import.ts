import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import {
  type Command,
  DONE,
  type ExitCode,
  FAILED,
  type Invocation,
  onlyOne,
  usage,
} from './command.ts';

const help = `Examples:
  billproof import rooms.xlsx --site tower                  what each row would do; nothing is changed
  billproof import rooms.xlsx --site tower --mode all       all rows, or none while one is wrong
  billproof import leases.csv --site tower --mode good-rows --url https://bills.example.com

Usage: billproof import FILE --site SITE [--mode dry-run|all|good-rows] [--url URL] [--json]

Sends a workbook (XLSX) or a CSV file (UTF-8 or GBK) to a service that runs, by default on this machine. The token
of a manager or admin, or an API key, is in BILLPROOF_TOKEN, or in the file that BILLPROOF_TOKEN_FILE names. What is
wrong goes to standard output, a line each; exit code 1 when a row was refused.`;

const options = {
  site: { type: 'string' },
  mode: { type: 'string', default: 'dry-run' },
  url: { type: 'string', default: 'http://127.0.0.1:8600' },
  json: { type: 'boolean', default: false },
} as const;

const answer = z.object({
  applied: z.boolean(),
  counts: z.object({ new: z.int(), changed: z.int(), same: z.int(), refused: z.int() }),
  errors: z.array(
    z.object({
      ...{ sheet: z.string(), row: z.int(), column: z.string() },
      ...{ found: z.string(), code: z.string(), text: z.string() },
    }),
  ),
});
const problem = z.object({ code: z.string(), detail: z.string().optional() });

export const importCommand: Command = { help, run };

async function run({ args, env, terminal }: Invocation): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const path = onlyOne(positionals, 'a file');
  const { site, mode, url, json } = values;
  if (site === undefined) throw usage('Say which site: --site SITE.');
  if (!URL.canParse(url)) throw usage('--url is the address of the service.');
  const { BILLPROOF_TOKEN: given, BILLPROOF_TOKEN_FILE: file } = env;
  const token = given ?? (file && (await readFile(file, 'utf8')).trim());
  if (!token) throw usage('Put a token or an API key into BILLPROOF_TOKEN.');
  const target = new URL(`/v1/sites/${encodeURIComponent(site)}/imports`, url);
  target.searchParams.set('mode', mode);
  const response = await fetch(target, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'accept-language': terminal.lang },
    body: await readFile(path),
  });
  const body: unknown = await response.json();
  if (!response.ok) {
    const { code, detail = code } = problem.parse(body);
    throw new Refusal(code, detail);
  }
  const { applied, counts, errors } = answer.parse(body);
  if (json) terminal.out(JSON.stringify(body));
  else {
    for (const { sheet, row, column, found, text } of errors) {
      const place = [sheet, row, column].filter((part) => part !== '').join(' ');
      terminal.out(`${place}: ${found === '' ? '' : `"${found}" `}${text}`);
    }
    const { new: fresh, changed, same, refused } = counts;
    const done = applied ? 'done' : 'nothing changed';
    terminal.out(`${fresh} new, ${changed} changed, ${same} same, ${refused} refused (${done})`);
  }
  return counts.refused > 0 ? FAILED : DONE;
}
