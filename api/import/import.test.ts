import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import writeXlsx from 'write-excel-file/node';
import { fsck } from '../../ledger/fsck.ts';
import { gbk } from '../../test/payments/settlement/gbk-writer.ts';
import { writeZip } from '../../test/payments/settlement/zip-writer.ts';
import { OPENING } from '../registry/records.ts';
import { put } from '../registry/registry.ts';
import { TARIFF } from '../routes/examples.ts';
import { type Answer, member, problem } from '../test/api-client.ts';
import { openApiForTests, TEST_SITE, type TestApi } from '../test/open-api-for-tests.ts';

let api: TestApi;
let made = 0;
/** Prefix of everything that a test makes. */
let own = '';

beforeAll(async () => {
  api = await openApiForTests();
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  await api.client.post('/v1/sites', api.tokens.admin, site);
  await api.client.post('/v1/tariffs', api.tokens.manager, { tariff: TARIFF });
  await api.client.post('/v1/bridges', api.tokens.manager, { bridge: 'roof-1' });
  await api.setLedgerTime('2026-09-02T00:00:00.000Z');
});
afterAll(async () => {
  const { findings } = await fsck({ dataDir: api.folder, threads: 1, deep: true });
  await api.close();
  expect(findings).toEqual([]);
});
beforeEach(() => {
  made += 1;
  own = `B${made}`;
});

describe('a whole building', () => {
  test('comes in from one workbook in Chinese, and the same file again changes nothing', async () => {
    const workbook = await xlsx(buildingSheets());
    expect(await counts(workbook, 'dry-run')).toEqual([false, 9, 0, 0, 0]);
    expect(await get(`/v1/rooms/${own}-101`)).toBe('404 room-unknown');
    expect(await counts(workbook, 'all')).toEqual([true, 9, 0, 0, 0]);
    const lease = await body(`/v1/leases/${own}-L1`);
    expect(lease).toMatchObject({ account: `a-${own}-L1`, state: 'open', deposit: '12000.000000' });
    expect(member(await body(`/v1/leases/${own}-L2`), 'state')).toBe('planned');
    expect(await body(`/v1/tenants/${own}-T1`)).toMatchObject({
      ...{
        kind: 'company',
        name: '莲花贸易',
        contacts: [{ name: '李伟', phone: '+86 21 5555 0101' }],
      },
    });
    expect(await body(`/v1/accounts/a-${own}-L1`)).toMatchObject({
      ...{ meters: [`${own}-E1`], wallets: [{ wallet: 'electricity', balance: '250.500000' }] },
    });
    const before = await body(`/v1/accounts/a-${own}-L1`);
    expect(await counts(workbook, 'all')).toEqual([true, 0, 0, 9, 0]);
    expect(await body(`/v1/accounts/a-${own}-L1`)).toEqual(before);
  });

  test('is changed by what differs, row for row', async () => {
    const rooms = `building,floor,room,area\n${own},1,${own}-1,80\n${own},1,${own}-2,90\n`;
    expect(await counts(rooms, 'all')).toEqual([true, 2, 0, 0, 0]);
    const changed = rooms.replace(',90', ',91.50');
    const report = await run(changed, 'all');
    expect(member(report.body, 'rows')).toEqual([
      { sheet: 'CSV', row: 2, table: 'rooms', id: `${own}-1`, outcome: 'same' },
      { sheet: 'CSV', row: 3, table: 'rooms', id: `${own}-2`, outcome: 'changed' },
    ]);
    expect(member(await body(`/v1/rooms/${own}-2`), 'area')).toBe('91.5');
  });

  test('is finished by the same file where an import was cut off, and credits nothing twice', async () => {
    const workbook = await xlsx(buildingSheets());
    await run(workbook, 'all');
    const account = `a-${own}-L1`;
    const before = await body(`/v1/accounts/${account}`);
    // As after a kill between the ledger's answer and the registry's last write, long ago.
    const kept = await api.registry.find(TEST_SITE, OPENING, `${account}/electricity`);
    if (kept === undefined) throw new Error('an opening balance is remembered');
    const wanted = put(OPENING, kept.id, kept, { ...kept.doc, state: 'wanted' as const });
    expect(await api.registry.write(TEST_SITE, [wanted])).toBe(true);
    expect(await counts(workbook, 'all')).toEqual([true, 0, 1, 8, 0]);
    expect(await body(`/v1/accounts/${account}`)).toEqual(before);
    expect(await counts(workbook, 'all')).toEqual([true, 0, 0, 9, 0]);
  });

  test('is taken whole or not at all, unless the good rows are asked for', async () => {
    const rooms = `building,floor,room\n${own},1,${own}-1\n${own},1,no room\n${own},2,${own}-2\n`;
    expect(await counts(rooms, 'all')).toEqual([false, 2, 0, 0, 1]);
    expect(await get(`/v1/rooms/${own}-1`)).toBe('404 room-unknown');
    expect(await counts(rooms, 'good-rows')).toEqual([true, 2, 0, 0, 1]);
    expect(await get(`/v1/rooms/${own}-2`)).toBe('200 undefined');
  });
});

describe('what spreadsheets do to numbers', () => {
  const rooms = (...rows: string[]) => `building,floor,room\n${rows.join('\n')}\n`;

  test.each([
    ['a long number cut short', '1.23E+15', 'scientific'],
    ['a space in it', 'A 101', 'bad-id'],
    ['nothing', '', 'missing'],
  ])('%s is told with row and column', async (_, found, code) => {
    expect(await faults(rooms(`${own},1,${found}`))).toEqual([[2, 'room', found, code]]);
  });

  test('a workbook’s long number and a date that was a room number are told', async () => {
    const heads = ['building', 'floor', 'room'];
    const at = new Date('2026-03-01T00:00:00.000Z');
    const file = await xlsx({ rooms: [heads, [own, 1, 1234567890123456], [own, 1, at]] });
    const found = await faults(file);
    expect(found.map(([row, column, , code]) => [row, column, code])).toEqual([
      [2, 'room', 'number-not-text'],
      [3, 'room', 'day-not-id'],
    ]);
  });

  test('lost zeros are known by what there is', async () => {
    await run(rooms(`${own},1,00${made}77`), 'all');
    await run(`tenant,kind,name\n${own}-T,person,Anna\n`, 'all');
    const leases = `lease,tenant,rooms,from\n${own}-L,${own}-T,${made}77,2026-09-01\n`;
    expect(await faults(leases)).toEqual([[2, 'rooms', `${made}77`, 'leading-zeros-lost']]);
  });

  test('a serial number is no day, and the day that it means is told', async () => {
    const leases = `租约,租户,房间,起租日\n${own}-L,nobody,nowhere,46266\n`;
    const { body } = await run(leases, 'dry-run');
    expect(member(body, 'errors')).toEqual([
      {
        ...{ sheet: 'CSV', row: 2, column: 'from', found: '46266', code: 'date-serial' },
        text: 'This is a number of a spreadsheet, not a day. Is 2026-09-01 meant? Format the column as a date.',
      },
    ]);
    for (const day of ['2026/9/1', '2026年9月1日', '２０２６-０９-０１']) {
      const found = await faults(leases.replace('46266', day));
      expect([day, found]).toEqual([day, [[2, 'tenant', 'nobody', 'tenant-unknown']]]);
    }
    expect(await faults(leases.replace('46266', '2026-02-30'))).toEqual([
      [2, 'from', '2026-02-30', 'bad-day'],
    ]);
  });

  test('full-width digits and letters are the same numbers', async () => {
    expect(await counts(rooms(`${own},１,${own}－９０１`), 'all')).toEqual([true, 1, 0, 0, 0]);
    expect(await get(`/v1/rooms/${own}-901`)).toBe('200 undefined');
  });

  test('merged cells are refused, every row of them, and duplicates', async () => {
    const merged = [{ value: own, rowSpan: 2 }, { value: '1' }, { value: `${own}-1` }];
    const file = await xlsx({
      rooms: [['building', 'floor', 'room'], merged, [null, '1', `${own}-2`]],
    });
    expect((await faults(file)).map(([row, column, , code]) => [row, column, code])).toEqual([
      [2, 'building', 'merged-cells'],
      [3, 'building', 'merged-cells'],
    ]);
    const twice = rooms(`${own},1,${own}-1`, `${own},2,${own}-1`);
    expect(await faults(twice)).toEqual([[3, 'room', `${own}-1`, 'duplicate']]);
  });

  test('the same table reads alike in UTF-8, with a mark, in UTF-16, in GBK and with semicolons', async () => {
    const text = `楼栋,楼层,房间,名称\n${own},1,${own}-1,"南侧, ""大"""\n`;
    const semicolons = `楼栋;楼层;房间;名称\n${own};1;${own}-1;"南侧, ""大"""\n`;
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const files = [text, `\ufeff${text}`, utf16, gbk(text), semicolons];
    expect(await counts(text, 'all')).toEqual([true, 1, 0, 0, 0]);
    for (const file of files) expect(await counts(file, 'all')).toEqual([true, 0, 0, 1, 0]);
    expect(member(await body(`/v1/rooms/${own}-1`), 'name')).toBe('南侧, "大"');
  });
});

describe('an export', () => {
  test.each(['csv', 'xlsx'])('as %s, given back, changes nothing', async (format) => {
    await run(await xlsx(buildingSheets()), 'all');
    const odd = `tenant,kind,name,contact,phone\n${own}-T3,person,"'=SUM(A1)",'@anna,'+49 30 1\n`;
    expect(await counts(odd, 'all')).toEqual([true, 1, 0, 0, 0]);
    for (const table of ['rooms', 'meters', 'tenants', 'leases', 'balances']) {
      const file = await exported(`${table}?format=${format}`);
      const [applied, fresh, changed, same, refused] = await counts(file, 'all');
      expect([table, applied, fresh, changed, refused]).toEqual([table, true, 0, 0, 0]);
      expect(Number(same)).toBeGreaterThan(0);
    }
  });

  test('keeps as text what a spreadsheet would compute, and says nothing of who was erased', async () => {
    const tenants = `tenant,kind,name\n${own}-T,person,'=1+1\n${own}-U,person,Otto\n`;
    await run(tenants, 'all');
    await api.client.post(`/v1/tenants/${own}-U/erase`, api.tokens.manager, {});
    const text = Buffer.from(await exported('tenants')).toString('utf8');
    expect(text.startsWith('\ufefftenant,kind,name,')).toBe(true);
    expect(text).toContain(`${own}-T,person,'=1+1,`);
    expect(text).not.toContain(`${own}-U`);
  });
});

describe('what does not fit to what there is', () => {
  test('is told for every table', async () => {
    await run(`building,floor,room\n${own},1,${own}-1\n${own},1,${own}-2\n`, 'all');
    await run(`tenant,kind,name\n${own}-T,person,Anna\n${own}-U,person,Otto\n`, 'all');
    const leases = 'lease,tenant,rooms,from,to,account\n';
    await run(`${leases}${own}-L,${own}-T,${own}-1,2026-09-01,,${own}-A\n`, 'all');
    const one = async (text: string) =>
      (await faults(text)).map(([, column, , code]) => [column, code]);
    const meter = `meter,room,bridge,register,unit,wallet,tariff\n${own}-E`;
    const rest = '1-0:1.8.0,kWh,electricity,tou';
    expect(await one(`${meter},${own}-9,roof-1,${rest}`)).toEqual([['room', 'room-unknown']]);
    expect(await one(`${meter},${own}-2,none,${rest}`)).toEqual([['bridge', 'bridge-unknown']]);
    expect(await one(`${meter},${own}-1,roof-1,${rest}`)).toEqual([['room', 'room-let']]);
    const m3 = rest.replace('kWh', 'm3');
    expect(await one(`${meter},${own}-2,roof-1,${m3}`)).toEqual([['unit', 'tariff-unit']]);
    const lease = (values: string) => one(`${leases}${values}`);
    expect(await lease(`${own}-M,${own}-U,${own}-1,2027-01-01,,`)).toEqual([
      ['rooms', 'room-taken'],
    ]);
    expect(await lease(`${own}-L,${own}-U,${own}-1,2026-09-01,,`)).toEqual([
      ['lease', 'lease-exists'],
    ]);
    expect(await lease(`${own}-M,${own}-U,${own}-2,2026-09-01,2026-08-01,`)).toEqual([
      ['to', 'lease-dates'],
    ]);
    expect(await lease(`${own}-M,${own}-U,${own}-2,2026-09-01,,${own}-A`)).toEqual([
      ['account', 'account-of-other'],
    ]);
    const balance = (values: string) => one(`account,wallet,amount\n${values}`);
    expect(await balance('nobody,water,5')).toEqual([['account', 'account-unknown']]);
    expect(await balance(`${own}-A,water,-5`)).toEqual([['amount', 'opening-negative']]);
    await run(`account,wallet,amount\n${own}-A,water,"1,205.00"\n`, 'all');
    expect(await balance(`${own}-A,water,6`)).toEqual([['amount', 'opening-exists']]);
    await run(`tenant,kind,name\n${own}-U,person,Otto\n`, 'all');
    expect(await one(`tenant,kind,name\n${own}-U,company,Otto`)).toEqual([
      ['kind', 'tenant-exists'],
    ]);
  });

  test('a row that the registry could not read again is refused, and everything stays readable', async () => {
    const room = (at: number) => `${own},1,${own}-${at}`;
    const rooms = Array.from({ length: 202 }, (_, i) => room(i + 1));
    await run(`building,floor,room\n${rooms.join('\n')}\n`, 'all');
    await run(`tenant,kind,name\n${own}-T,person,Anna\n`, 'all');
    await run(
      `lease,tenant,rooms,from,account\n${own}-L,${own}-T,${own}-1,2026-09-01,${own}-A\n`,
      'all',
    );
    const bad = async (text: string) => {
      const { body } = await run(text, 'good-rows');
      const errors = member(body, 'errors');
      return Array.isArray(errors)
        ? errors.map((error) => [member(error, 'column'), member(error, 'code')])
        : [body];
    };
    const lease = (id: string, deposit: string, let_ = `${own}-2`) => {
      const row = `${id},${own}-T,${let_},2026-09-01,${deposit}\n`;
      return bad(`lease,tenant,rooms,from,deposit\n${row}`);
    };
    for (const deposit of ['-5.00', '9999999999999.00', '0.00']) {
      expect([deposit, await lease(`${own}-M`, deposit)]).toEqual([
        deposit,
        [['deposit', 'bad-money']],
      ]);
    }
    const known = `${own}-L,${own}-T,${own}-1,2026-09-01,${own}-A,-5.00\n`;
    expect(await bad(`lease,tenant,rooms,from,account,deposit\n${known}`)).toEqual([
      ['deposit', 'bad-money'],
    ]);
    expect(await lease(`${own}-`.padEnd(64, 'x'), '5.00')).toEqual([['account', 'bad-id']]);
    const many = Array.from({ length: 201 }, (_, i) => `${own}-${i + 2}`).join(' ');
    expect(await lease(`${own}-M`, '5.00', many)).toEqual([['rooms', 'lease-too-large']]);
    const balance = (amount: string) => bad(`account,wallet,amount\n${own}-A,water,${amount}\n`);
    for (const amount of ['9999999999999.00', '0.00']) {
      expect([amount, await balance(amount)]).toEqual([amount, [['amount', 'bad-money']]]);
    }
    const meters = Array.from({ length: 33 }, (_, i) => {
      return `${own}-E${i},${own}-3,roof-1,1-0:1.8.0,kWh,electricity,tou`;
    });
    const heads = 'meter,room,bridge,register,unit,wallet,tariff';
    expect(await bad(`${heads}\n${meters.join('\n')}\n`)).toEqual([['room', 'room-full']]);
    expect(await get('/v1/leases')).toBe('200 undefined');
    expect(await get(`/v1/rooms?building=${own}`)).toBe('200 undefined');
    const dry = await run(`building,floor,room\n${room(1)}\n`, 'dry-run');
    expect(member(dry.body, 'counts')).toEqual({ new: 0, changed: 0, same: 1, refused: 0 });
  });

  test('a lease that is prolonged in one row keeps the room from the rows behind it', async () => {
    await run(`building,floor,room\n${own},1,${own}-1\n`, 'all');
    await run(`tenant,kind,name\n${own}-T,person,Anna\n`, 'all');
    const heads = 'lease,tenant,rooms,from,to\n';
    const row = (lease: string, from: string, to: string) => {
      return `${own}-${lease},${own}-T,${own}-1,${from},${to}\n`;
    };
    await run(`${heads}${row('L', '2099-01-01', '2099-03-31')}`, 'all');
    const later = `${row('M', '2099-06-01', '')}${row('N', '2099-07-01', '2099-07-31')}`;
    const file = `${heads}${row('L', '2099-01-01', '2099-06-01')}${later}`;
    expect(await faults(file)).toEqual([[3, 'rooms', `${own}-1`, 'room-taken']]);
    const file2 = `${heads}${row('L', '2099-01-01', '2099-05-31')}${later}`;
    expect(await faults(file2)).toEqual([[4, 'rooms', `${own}-1`, 'room-taken']]);
  });

  test.each(['constructor', '__proto__', 'toString'])('%s is no kind of tenant', async (kind) => {
    expect(await faults(`tenant,kind,name\n${own}-T,${kind},Anna\n`)).toEqual([
      [2, 'kind', kind, 'bad-form'],
    ]);
  });

  test('a table that reaches far is refused before there is room made for it', async () => {
    const at = (cell: string, row = cell.replace(/[A-Z]+/, '')) =>
      `<row r="${row}"><c r="${cell}" t="inlineStr"><is><t>x</t></is></c></row>`;
    const far = {
      ...{ XFD1048576: at('XFD1048576'), ALL100000: at('ALL100000'), BM1: at('BM1') },
      ...{ 'a row': '<row r="200001"/>', 'a row that is none': '<row r="1e9"/>' },
      'another row than its own': at('A1048576', '1'),
      'in quotes of the other kind': "<row\nspans='1:2' r='1' ><c s='>' r = 'BM1'/></row>",
      'behind what looks like a comment': `<row ht="<!--"/>${at('BM1')}<row ht="-->"/>`,
      'in other letters': at('xfd1'),
    };
    for (const [name, rows] of Object.entries(far)) {
      const refusal = problem(await run(rawXlsx([rows]), 'dry-run'));
      expect([name, refusal]).toEqual([
        name,
        expect.stringMatching(/^422 import-(too-large|unreadable)$/),
      ]);
    }
    // Each alone would do; all of them together would not.
    const near = at('BL150000');
    expect(problem(await run(rawXlsx([near, near]), 'dry-run'))).toBe('422 import-too-large');
    expect(problem(await run(rawXlsx([near], 2), 'dry-run'))).toBe('422 import-too-large');
    const heads = ['building', 'floor', 'room'].map(
      (head, i) => `<c r="${'ABC'[i]}1" t="inlineStr"><is><t>${head}</t></is></c>`,
    );
    const good = `<!-- <c r="XFD1"/> --><row r="1">${heads.join('')}</row>`;
    expect(problem(await run(rawXlsx([good]), 'dry-run'))).toBe('200 undefined');
    // The last sheet is in the file, but not in its directory.
    const whole = rawXlsx([at('BM1')]);
    const [entry, end] = [whole.lastIndexOf('PK\x01\x02'), whole.lastIndexOf('PK\x05\x06')];
    const hidden = Buffer.concat([whole.subarray(0, entry), whole.subarray(end)]);
    hidden.writeUInt16LE(2, entry + 8);
    hidden.writeUInt16LE(2, entry + 10);
    hidden.writeUInt32LE(whole.readUInt32LE(end + 12) - (end - entry), entry + 12);
    expect(problem(await run(hidden, 'dry-run'))).toBe('422 import-unreadable');
    const wide = `building,floor,room${','.repeat(70)}\n`;
    expect(problem(await run(wide, 'dry-run'))).toBe('422 import-too-large');
  });

  test('a file that is no table is refused whole', async () => {
    expect(problem(await run('name,age\nAnna,7\n', 'all'))).toBe('422 import-header');
    expect(problem(await run('building,floor,room,colour\nA,1,1,red\n', 'all'))).toBe(
      '422 import-header',
    );
    expect(problem(await run('building,floor,room\nA,1,"1\n', 'all'))).toBe(
      '422 import-unreadable',
    );
    const cut = (await xlsx({ rooms: [['building', 'floor', 'room']] })).subarray(0, 900);
    expect(problem(await run(cut, 'all'))).toBe('422 import-unreadable');
    const rooms = [['building', 'floor', 'room']];
    expect(problem(await run(await xlsx({ one: rooms, two: rooms }), 'all'))).toBe(
      '422 import-table-twice',
    );
  });
});

/** A workbook of sheets written by hand, each named so many times. */
function rawXlsx(sheets: readonly string[], times = 1): Buffer {
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const packed = 'http://schemas.openxmlformats.org/package/2006/relationships';
  const named = sheets.flatMap((_, i) =>
    Array.from({ length: times }, (_, n) => {
      return `<sheet name="s${i}-${n}" sheetId="${i * times + n + 1}" r:id="rId${i + 1}"/>`;
    }),
  );
  const related = sheets.map((_, i) => {
    return `<Relationship Id="rId${i + 1}" Type="${office}/worksheet" Target="worksheets/odd${i}.xml"/>`;
  });
  const parts: Record<string, string> = {
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${named.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${packed}">${related.join('')}</Relationships>`,
  };
  for (const [i, rows] of sheets.entries()) {
    parts[`xl/worksheets/odd${i}.xml`] =
      `<worksheet xmlns="${main}"><sheetData>${rows}</sheetData></worksheet>`;
  }
  return writeZip(
    Object.entries(parts).map(([name, text]) => ({
      name: Buffer.from(name),
      content: Buffer.from(head + text),
    })),
  );
}

function buildingSheets(): Record<string, unknown[][]> {
  return {
    期初: [
      ['账户', '钱包', '金额'],
      [`a-${own}-L1`, 'electricity', 250.5],
    ],
    租约: [
      ['租约', '租户', '房间', '起租日', '押金'],
      [`${own}-L1`, `${own}-T1`, `${own}-101、${own}-102`, new Date('2026-09-01'), 12000],
      [`${own}-L2`, `${own}-T2`, `${own}-103`, '2099-01-01', null],
    ],
    租户: [
      ['租户', '类型', '名称', '联系人', '电话'],
      [`${own}-T1`, '企业', '莲花贸易', '李伟', '+86 21 5555 0101'],
      [`${own}-T2`, '个人', '安娜', null, null],
    ],
    表计: [
      ['表号', '房间', '采集器', '寄存器', '单位', '钱包', '电价方案'],
      [`${own}-E1`, `${own}-101`, 'roof-1', '1-0:1.8.0', 'kWh', 'electricity', 'tou'],
    ],
    房间: [
      ['楼栋', '楼层', '房间', '面积'],
      [own, 1, `${own}-101`, 86.5],
      [own, 1, `${own}-102`, 40],
      [own, 1, `${own}-103`, null],
    ],
  };
}

async function xlsx(sheets: Record<string, unknown[][]>): Promise<Buffer> {
  const written = Object.entries(sheets).map(([sheet, rows]) => ({
    sheet,
    data: rows.map((row) => row.map(cellOf)),
  }));
  return await writeXlsx(written).toBuffer();
}

function cellOf(value: unknown) {
  if (value === null || (typeof value === 'object' && !(value instanceof Date))) return value;
  if (value instanceof Date) return { value, type: Date, format: 'yyyy-mm-dd' };
  return typeof value === 'number' ? { value, type: Number } : { value, type: String };
}

async function run(file: string | Uint8Array, mode: string): Promise<Answer> {
  const path = `/v1/sites/${TEST_SITE}/imports?mode=${mode}`;
  const bytes = Buffer.from(file);
  return await api.client.ask('POST', path, {
    token: api.tokens.manager,
    body: new Uint8Array(bytes),
  });
}

async function exported(what: string): Promise<Uint8Array> {
  const path = `/v1/sites/${TEST_SITE}/exports/${what}`;
  const headers = { authorization: `Bearer ${api.tokens.manager}` };
  return new Uint8Array(await (await api.app.request(path, { headers })).arrayBuffer());
}

/** Whether it was done; rows that are new, changed, the same, refused. */
async function counts(file: string | Uint8Array, mode: string): Promise<unknown[]> {
  const answer = await run(file, mode);
  expect([answer.status, member(answer.body, 'errors')]).toEqual([200, expect.anything()]);
  const all = ['new', 'changed', 'same', 'refused'].map((name) => {
    return member(answer.body, `counts/${name}`);
  });
  return [member(answer.body, 'applied'), ...all];
}

async function faults(file: string | Uint8Array): Promise<unknown[][]> {
  const { body } = await run(file, 'dry-run');
  const errors = member(body, 'errors');
  if (!Array.isArray(errors)) return [[body]];
  return errors.map((error) =>
    ['row', 'column', 'found', 'code'].map((name) => member(error, name)),
  );
}

async function get(path: string): Promise<string> {
  return problem(await api.client.get(path, api.tokens.manager));
}

async function body(path: string): Promise<unknown> {
  return (await api.client.get(path, api.tokens.manager)).body;
}
