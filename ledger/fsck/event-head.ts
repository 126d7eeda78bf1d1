const HEAD = /^\{"account":"([^"]*)","at":"([0-9]{4})/;
const TAIL_N = /,"n":([0-9]{1,16}),"prev":"[0-9a-f]{64}","type":"[a-z.-]+","v":1\}$/;
const HELD =
  /^\{"account":"(?!site")[^"]*","at":"[^"]*","data":\{"hash":"([0-9a-f]{64})","meter":"[^"]*","reason":/;
const USED = /,"to":\{"at":"[^"]*","hash":"([0-9a-f]{64})","seq":[0-9]+,"value":"[^"]*"\},"used":"/;

/** What salts an event: its account, year and number; -1 for a text that does not end as an event. */
export function headOf(text: string): [account: string, year: number, n: number] {
  const head = HEAD.exec(text);
  const n = TAIL_N.exec(text.slice(-200))?.[1];
  return [head?.[1] ?? '', Number(head?.[2] ?? 0), Number(n ?? -1)];
}

/** Hash of the record that a charge or a held reading is about. */
export function recordOf(text: string): string | undefined {
  return HELD.exec(text)?.[1] ?? USED.exec(text)?.[1];
}
