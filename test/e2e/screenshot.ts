import { join } from 'node:path';
import { sampleBill } from './sample-bill.ts';
import { choose, VerifyPages } from './verify-page.ts';

// Makes the picture of the verification page in docs/: `node test/e2e/screenshot.ts`.
const pages = await VerifyPages.start();
try {
  const page = await pages.open({
    ...{ viewport: { width: 960, height: 1180 }, reducedMotion: 'reduce' },
  });
  await choose(page, sampleBill({ every: 15 }).text);
  await page.screenshot({ path: join(import.meta.dirname, '..', '..', 'docs', 'verify-page.png') });
} finally {
  await pages.stop();
}
