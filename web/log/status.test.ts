import { expect, test } from 'vitest';
import { readStatus } from './status.ts';

const at = '2026-09-01T00:00:00.000Z';
const lag = { size: 1, lag: 0, lagMs: 0, everyMs: 2000 };
const anchor = { chain: 'c', kind: 'fabric', network: 'real', ...lag };
const log = { site: 'tower', origin: 'o', zone: 'UTC', anchors: [anchor] };
const answer = { at, writer: 'ok', unsignedMs: 0, logs: [log] };

test('what is absent stays absent, and what a later version adds is left out', () => {
  expect(readStatus({ ...answer, more: 1 })).toEqual({
    ...{ at, isWriting: true, unsignedMs: 0 },
    logs: [
      {
        ...{ site: 'tower', origin: 'o', zone: 'UTC' },
        ...{ checkpoint: undefined, witnessing: undefined },
        anchors: [{ ...anchor, at: undefined, code: undefined }],
      },
    ],
  });
});

test('a network is real only by that very word', () => {
  const network = (name: unknown) =>
    readStatus({ ...answer, logs: [{ ...log, anchors: [{ ...anchor, network: name }] }] })?.logs[0]
      ?.anchors[0]?.network;
  expect(['real', 'development', 'test', undefined].map(network)).toEqual([
    ...['real', 'development', 'development', undefined],
  ]);
});

test('an answer that lacks something, or has it of another kind, is none', () => {
  const bad: unknown[] = [
    null,
    'x',
    [],
    {},
    { ...answer, logs: {} },
    { ...answer, unsignedMs: -1 },
  ];
  bad.push({ ...answer, logs: [{ ...log, anchors: undefined }] });
  bad.push({ ...answer, logs: [{ ...log, anchors: [{ ...anchor, size: '1' }] }] });
  expect(bad.map(readStatus).filter((read) => read !== undefined)).toEqual([]);
});
