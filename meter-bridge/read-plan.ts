import type { DeviceProfile, PointRole, RegisterPoint, RegisterType } from './device-profile.ts';
import { wordsOf } from './device-profile.ts';

/** One request: `count` registers from `address`, and the points that lie in it. */
export interface ReadBlock {
  readonly type: RegisterType;
  readonly address: number;
  readonly count: number;
  readonly points: readonly RegisterPoint[];
}

/**
 * Merges the points of the given roles into as few requests as the link allows: neighbours at most
 * `maxHole` unused registers apart, `maxRegs` registers a request. On RS-485 a request costs more
 * than the registers read along.
 */
export function planReads(profile: DeviceProfile, roles: readonly PointRole[]): ReadBlock[] {
  const wanted = profile.points.filter((point) => roles.includes(point.role));
  const sorted = wanted.toSorted((a, b) =>
    a.type === b.type ? a.address - b.address : a.type < b.type ? -1 : 1,
  );
  const blocks: ReadBlock[] = [];
  let open: RegisterPoint[] = [];
  for (const point of sorted) {
    if (open.length > 0 && !fits(open, point, profile)) {
      blocks.push(blockOf(open));
      open = [];
    }
    open.push(point);
  }
  if (open.length > 0) blocks.push(blockOf(open));
  return blocks;
}

function fits(open: readonly RegisterPoint[], point: RegisterPoint, profile: DeviceProfile) {
  const block = blockOf(open);
  const end = Math.max(block.address + block.count, point.address + wordsOf(point));
  return (
    point.type === block.type &&
    point.address - (block.address + block.count) <= profile.link.maxHole &&
    end - block.address <= profile.link.maxRegs
  );
}

function blockOf(points: readonly RegisterPoint[]): ReadBlock {
  const address = Math.min(...points.map((point) => point.address));
  const end = Math.max(...points.map((point) => point.address + wordsOf(point)));
  const type = points[0]?.type ?? 'holding';
  return { type, address, count: end - address, points: [...points] };
}
