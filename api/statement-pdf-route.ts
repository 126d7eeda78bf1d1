import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ApiParts, admit } from './http-context.ts';
import { queryOf, tokenMissing, unknownSite } from './json-endpoint.ts';
import { parserIn } from './parse-part.ts';
import { keptFonts } from './pdf/pdf-fonts.ts';
import { statementPdf } from './pdf/statement-pdf.ts';
import { demand, may, siteFor } from './permissions.ts';
import type { PlainRoute } from './route.ts';
import { SITE, STATEMENT } from './routes/examples.ts';
import { visibleStatement } from './routes/statements.ts';
import { id, siteId } from './shapes.ts';
import { shareUrl } from './share-link.ts';

const params = z.strictObject({ id });
const query = z.strictObject({ site: siteId.optional() });

/** A statement as PDF: for the tenant whose it is, and for staff. Each one has a share of its own in its code. */
export function statementPdfRoute(parts: ApiParts): PlainRoute {
  const fonts = keptFonts(parts.pdfFont);
  return {
    kind: 'plain',
    method: 'GET',
    path: '/v1/statements/{id}/pdf',
    tag: 'Statements',
    summary: 'Read a statement as PDF, with its QR code and the proof bundle attached',
    security: 'token',
    permission: 'statement.read',
    cors: false,
    params,
    query,
    replies: [
      { status: 200, type: 'application/pdf', description: 'A4; the bundle is attached as Data' },
    ],
    codes: [
      ...['token-missing', 'token-invalid', 'token-expired', 'forbidden', 'bad-request'],
      ...['site-missing', 'forbidden-site', 'site-unknown', 'statement-unknown', 'glyph-missing'],
      ...['not-yet-signed', 'internal'],
    ],
    example: { params: { id: STATEMENT }, query: { site: SITE } },
    handle: async (c) => {
      const principal = await admit(c, parts);
      if (principal === undefined) throw tokenMissing();
      demand(principal, 'statement.read');
      const parse = parserIn(c.get('language'));
      const asked = parse(params, c.req.param(), 'params').id;
      const site = siteFor(principal, [parse(query, queryOf(c), 'query').site]);
      const { ledger, nowMs, publicUrl, webFolder } = parts;
      const found = await ledger.findSite(site);
      if (found === undefined) throw unknownSite(site);
      const statement = await visibleStatement(ledger, principal, site, asked);
      const bundle = await ledger.bundle(site, asked, {});
      const mayShare = may(principal.role, 'statement.share');
      const shared = mayShare ? await ledger.shareBill(site, asked) : undefined;
      const bytes = await statementPdf(fonts(), {
        ...{ statement, bundle, origin: found.origin, nowMs: nowMs() },
        tenant: (await ledger.account(site, statement.account))?.name,
        share: shared && { url: shareUrl(publicUrl(), statement, shared.key), code: shared.code },
        pageHash: await hashOf(join(webFolder, 'verify.html')),
      });
      return new Response(bytes, {
        headers: {
          ...{ 'content-type': 'application/pdf', 'cache-control': 'private, no-store' },
          'content-disposition': `attachment; filename="${asked}.pdf"`,
        },
      });
    },
  };
}

/** Of the page that a reader can compare; undefined where none was built. */
async function hashOf(page: string): Promise<string | undefined> {
  try {
    return createHash('sha256')
      .update(await readFile(page))
      .digest('hex');
  } catch {
    return undefined;
  }
}
