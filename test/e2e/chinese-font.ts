import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { woffToSfnt } from '../../api/pdf/woff-font.ts';

/**
 * A fontconfig file whose one font is Noto Sans SC, so that a browser without any Chinese font draws
 * real glyphs in tests and pictures, and the same ones on every machine. The page itself ships no font.
 * The web fonts of the npm package are unpacked once per machine; returns the path of the file.
 */
export function chineseFontConfig(): string {
  const home = join(tmpdir(), 'billproof-fonts-noto-sans-sc-5');
  if (!existsSync(join(home, 'fonts.conf'))) unpackFonts(home);
  return join(home, 'fonts.conf');
}

function unpackFonts(home: string): void {
  const woffs = join(dirname(packageFile()), 'files');
  const work = mkdtempSync(join(tmpdir(), 'billproof-fonts-'));
  for (const name of readdirSync(woffs)) {
    if (!/-(400|700)-normal\.woff$/.test(name)) continue;
    const font = woffToSfnt(readFileSync(join(woffs, name)));
    writeFileSync(join(work, name.replace('.woff', '.ttf')), font);
  }
  mkdirSync(join(work, 'cache'));
  writeFileSync(join(work, 'fonts.conf'), configuration(home));
  try {
    renameSync(work, home);
  } catch {
    // Another test process was faster; what it unpacked is the same.
    rmSync(work, { recursive: true, force: true });
  }
}

function packageFile(): string {
  return createRequire(import.meta.url).resolve('@fontsource/noto-sans-sc/package.json');
}

function configuration(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${home}</dir>
  <cachedir>${home}/cache</cachedir>
</fontconfig>
`;
}
