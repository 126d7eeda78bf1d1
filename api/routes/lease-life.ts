import { z } from 'zod';
import {
  closeLease,
  endLease,
  moveLease,
  openLease,
  preOpenLease,
  transferLease,
} from '../registry/lease-life.ts';
import { connection } from '../registry/records.ts';
import { replaceMeterAt } from '../registry/replace-meter.ts';
import { settleLease } from '../registry/settle-lease.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, micros, time, wallet } from '../shapes.ts';
import { SITE } from './examples.ts';
import { LEASE_ID, leaseView } from './leases.ts';
import { replyOf } from './outcome.ts';

const NEXT_LEASE = 'L-2026-18';
const OVER = ['lease-unknown', 'lease-over'];
const INSTALLING = ['room-taken', 'meter-bound', 'tariff-unknown', 'tariff-unit', 'account-closed'];
const finalReadings = z
  .array(z.object({ meter: id, at: time.optional(), value: z.string().optional() }))
  .describe('Meters that were removed, each with the reading up to which it was charged');
const readAfter = time
  .optional()
  .describe('Refused where a meter has no reading since then: read it first');
const display = z.string().regex(/^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/);
const leaseNamed = { lease: id };

/** The life of a lease, and of the account that pays for it; each step may be asked for again. */
export const leaseLifeRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/pre-open',
    tag: 'Leases',
    summary: 'Open the account before the lease begins, so that its tenant can come in and pay',
    permission: 'lease.change',
    params: leaseNamed,
    reply: leaseView,
    codes: OVER,
    example: { params: { lease: LEASE_ID }, body: { site: SITE } },
    handle: async ({ params, site, registry, ledger }) => ({
      body: await preOpenLease({ registry, ledger, site }, params.lease),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/open',
    tag: 'Leases',
    summary: 'Move in: open the account and install the rooms’ meters on it',
    permission: 'lease.change',
    params: leaseNamed,
    reply: leaseView,
    codes: [...OVER, 'lease-not-begun', ...INSTALLING],
    example: { params: { lease: LEASE_ID }, body: { site: SITE } },
    handle: async ({ params, site, registry, ledger }) => ({
      body: await openLease({ registry, ledger, site }, params.lease),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/move',
    tag: 'Leases',
    summary: 'Move to other rooms: their meters come, those of rooms that are left go',
    permission: 'lease.change',
    params: leaseNamed,
    body: { rooms: z.array(id).min(1).max(200).describe('All rooms from now on') },
    reply: z.object({ lease: leaseView, finalReadings }),
    codes: [...OVER, 'lease-too-large', 'room-unknown', ...INSTALLING],
    example: { params: { lease: LEASE_ID }, body: { site: SITE, rooms: ['A-412', 'A-413'] } },
    handle: async ({ params, body, site, registry, ledger }) => ({
      body: await moveLease({ registry, ledger, site }, params.lease, body.rooms),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/transfer',
    tag: 'Leases',
    summary: 'Hand the rooms over to the next tenant: end this lease, open the other',
    permission: 'lease.change',
    params: leaseNamed,
    body: { to: id.describe('A lease planned for the same rooms'), readAfter },
    reply: z.object({ lease: leaseView, next: leaseView, finalReadings }),
    codes: [...OVER, 'final-reading-old', 'lease-not-begun', 'lease-to-itself', ...INSTALLING],
    example: { params: { lease: LEASE_ID }, body: { site: SITE, to: NEXT_LEASE } },
    handle: async ({ params, body, site, registry, ledger }) => {
      const to = { lease: body.to, readAfter: body.readAfter };
      return { body: await transferLease({ registry, ledger, site }, params.lease, to) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/end',
    tag: 'Leases',
    summary: 'Move out: remove the meters at their last reading; a planned lease is cancelled',
    permission: 'lease.change',
    params: leaseNamed,
    body: { readAfter },
    reply: z.object({ lease: leaseView, finalReadings }),
    codes: [...OVER, 'final-reading-old'],
    example: { params: { lease: NEXT_LEASE }, body: { site: SITE } },
    handle: async ({ params, body, site, registry, ledger }) => ({
      body: await endLease({ registry, ledger, site }, params.lease, body.readAfter),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/settle',
    tag: 'Leases',
    summary: 'Ask for what is left to be paid back, or carried over to the tenant’s other account',
    permission: 'approval.ask',
    once: true,
    params: leaseNamed,
    body: {
      method: id.optional().describe('How it is paid back, such as cash; the default'),
      account: id.optional().describe('Where it is carried over to'),
    },
    reply: z.object({
      data: z.array(z.object({ wallet, balance: micros, approvals: z.array(id) })),
    }),
    codes: ['lease-unknown', 'lease-not-ended', 'account-of-other', 'settlement-waiting'],
    example: { params: { lease: NEXT_LEASE }, body: { site: SITE, method: 'cash' } },
    handle: async ({ params, body, site, principal, idempotency, registry, ledger }) => {
      const { method = 'cash', account } = body;
      const way = account === undefined ? { method } : { account };
      const desk = { registry, ledger, site };
      const who = { by: principal.id, idempotency };
      return { body: { data: await settleLease(desk, params.lease, way, who) } };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/leases/{lease}/close',
    tag: 'Leases',
    summary: 'Close lease and account for good, once nothing is left',
    permission: 'lease.change',
    params: leaseNamed,
    reply: leaseView,
    codes: [
      ...['lease-unknown', 'lease-not-ended', 'account-in-use'],
      ...['account-has-money', 'account-has-meters'],
    ],
    example: { params: { lease: NEXT_LEASE }, body: { site: SITE } },
    handle: async ({ params, site, registry, ledger }) => ({
      body: await closeLease({ registry, ledger, site }, params.lease),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/meters/{meter}/replace',
    tag: 'Meters',
    summary: 'Replace a meter by another, with what both displays showed',
    permission: 'binding.change',
    once: true,
    params: { meter: id },
    body: {
      by: z.strictObject(connection),
      closing: display.describe('What the old meter showed'),
      opening: display.describe('What the new meter showed'),
      reason: id,
    },
    reply: z.looseObject({
      ...{ meter: id, replaced: id, account: id },
      unbilled: micros.describe('What the old display showed beyond the last charge'),
    }),
    codes: ['meter-unknown', 'meter-bound', 'meter-connected', 'closing-too-low', 'tariff-unknown'],
    example: {
      params: { meter: 'E-0413' },
      body: {
        by: {
          ...{ meter: 'E-0414', serial: '20261001', bridge: 'roof-1', register: '1-0:1.8.0' },
          ...{ unit: 'kWh', wallet: 'electricity', ct: '1', pt: '1', tariff: 'tou' },
        },
        ...{ site: SITE, closing: '18230.40', opening: '0.00', reason: 'calibration' },
      },
    },
    handle: async ({ params, body, site, idempotency, registry, ledger }) => {
      const desk = { registry, ledger, site };
      return replyOf(await replaceMeterAt(desk, { ...params, ...body }, idempotency));
    },
  }),
];
