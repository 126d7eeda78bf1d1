import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Refusal } from '../ledger/core/refusal.ts';
import { parseTrustPolicy, type TrustPolicy } from '../ledger/core/trust-policy.ts';
import type { Policies } from '../ledger/witness/site-policy.ts';

const EXTENSION = '.policy';
/** A bundle carries the policy, and holds so much of it. */
const LONGEST = 60_000;

/**
 * The trust policies at a path: a file for all sites, or a folder with `<site>.policy` for each. What is
 * wrong is told to `complain`, each with its file.
 */
export function readPolicies(path: string, complain: (problem: string) => void): Policies {
  let names: string[];
  try {
    if (!statSync(path).isDirectory()) return { forAll: readPolicy(path, complain) };
    names = readdirSync(path).filter((name) => name.endsWith(EXTENSION));
  } catch {
    complain('the file or folder cannot be read');
    return {};
  }
  if (names.length === 0) complain(`the folder holds no <site>${EXTENSION}`);
  const bySite = new Map<string, TrustPolicy>();
  for (const name of names) {
    const policy = readPolicy(join(path, name), complain);
    if (policy !== undefined) bySite.set(basename(name, EXTENSION), policy);
  }
  return { bySite };
}

function readPolicy(path: string, complain: (problem: string) => void): TrustPolicy | undefined {
  const say = (problem: string) => complain(`${basename(path)}: ${problem}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    say('the file cannot be read');
    return undefined;
  }
  if (text.length > LONGEST) {
    say(`a policy has at most ${LONGEST} characters`);
    return undefined;
  }
  try {
    const policy = parseTrustPolicy(text);
    for (const { name, url } of policy.witnesses) {
      if (url === undefined || !isAddress(url))
        say(`witness ${name} needs an address, http(s)://…`);
    }
    return policy;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message.replace(/\.$/, ''));
    return undefined;
  }
}

function isAddress(url: string): boolean {
  const { protocol, search, hash } = URL.parse(url) ?? {};
  return (protocol === 'http:' || protocol === 'https:') && search === '' && hash === '';
}
