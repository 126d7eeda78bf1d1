import { relative } from 'node:path';
import type { DemoFile } from './demo-file.ts';

/** What stands on the screen once all is there: where to look and what to try. */
export function storyLines(demo: DemoFile, dataFile: string, folder: string): string[] {
  const { url, tenants, tampered, bridge } = demo;
  const [first] = tenants;
  const named = (path: string) => {
    const near = relative(folder, path);
    return near.startsWith('..') ? path : near;
  };
  return [
    '',
    `  Check a bill     ${url}/verify`,
    `  Log health       ${url}/log`,
    `  API              ${url}/docs`,
    `  Public log       ${demo.logUrl}/checkpoint`,
    `  Witnessed by     ${demo.witnesses.map(({ name }) => name).join(', ')} (checkpoint.witnessed)`,
    `  Anchored on      ${demo.fabric.channel}, a development network (docs/anchors.md: what a real one adds)`,
    ...(bridge.modbus === null ? [] : [`  Modbus meters    ${bridge.modbus}`]),
    ...(first === undefined
      ? []
      : ['', `The bill of ${first.name}, as its code on paper opens it:`]),
    ...(first === undefined ? [] : [`  ${first.verifyUrl}`]),
    '',
    'The same without a browser:',
    ...(first === undefined ? [] : [`  npx billproof verify '${first.verifyUrl}'`]),
    ...(tampered === null
      ? []
      : [
          '',
          `A bill that somebody tampered with, to drop onto the page: ${named(tampered.file)}`,
          `  Account ${tampered.account}: ${tampered.what}.`,
          `  npx billproof verify --trust ${named(demo.trustFile)} ${named(tampered.file)}`,
        ]),
    '',
    `Addresses and access tokens for scripts: ${named(dataFile)}`,
  ];
}
