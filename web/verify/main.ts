import { keepPage } from './keep-page.ts';
import { startPage } from './page.ts';
import { PROGRAM } from './program.ts';
import { serveChecks } from './run-check.ts';

// The one script of the page is also the script of its worker.
if (typeof document === 'undefined') {
  serveChecks();
} else {
  PROGRAM.capture(document.currentScript?.textContent ?? '');
  startPage();
  keepPage();
}
