import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterView, planFor } from './cluster-view.ts';

function writerRow(writer: number, address: string | null = `127.0.0.1:${writer}`) {
  return { writer, address, beats: 0, locked: true };
}

function viewOf(writers: readonly number[], owners: readonly (number | null)[]): ClusterView {
  return {
    writers: writers.map((writer) => writerRow(writer)),
    sites: owners.map((writer, i) => ({ site: `s-${i}`, writer })),
  };
}

/** Everybody does what the plan says, one after the other, from what it saw before. */
function turn(view: ClusterView): ClusterView {
  const owners = new Map(view.sites.map(({ site, writer }) => [site, writer]));
  const alive = new Set(view.writers.map(({ writer }) => writer));
  for (const { writer } of view.writers) {
    const { take, release } = planFor(writer, view);
    for (const site of take) {
      const owner = owners.get(site) ?? null;
      if (owner === null || !alive.has(owner)) owners.set(site, writer);
    }
    for (const site of release) owners.set(site, null);
  }
  return { ...view, sites: [...owners].map(([site, writer]) => ({ site, writer })) };
}

describe('a plan', () => {
  it('takes what is nobody’s or of one that is gone, up to a fair share', () => {
    const view = viewOf([3, 5], [null, 9, null, 5]);
    expect(planFor(3, view)).toEqual({ take: ['s-0', 's-1'], release: [] });
    expect(planFor(5, view)).toEqual({ take: ['s-1'], release: [] });
  });

  it('lets go of what another one has too few of', () => {
    expect(planFor(3, viewOf([3, 5], [3, 3, 3, 3]))).toEqual({
      take: [],
      release: ['s-2', 's-3'],
    });
    expect(planFor(5, viewOf([3, 5], [3, 3, 3, 3]))).toEqual({ take: [], release: [] });
  });

  it('is nothing for who is no writer, and asks nothing of one that is alone', () => {
    expect(planFor(7, viewOf([3], [null]))).toEqual({ take: [], release: [] });
    const view = viewOf([3], [8, 8]);
    const withCommand = { ...view, writers: [...view.writers, writerRow(8, null)] };
    expect(planFor(8, withCommand)).toEqual({ take: [], release: [] });
    expect(planFor(3, withCommand)).toEqual({ take: [], release: [] });
  });

  it('brings any beginning to even shares in a few turns, and then moves nothing', () => {
    const owner = fc.option(fc.integer({ min: 1, max: 8 }), { nil: null });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }),
        fc.array(owner, { maxLength: 40 }),
        (writers, owners) => {
          let view = viewOf(writers, owners);
          for (let turns = 0; turns < 20; turns += 1) view = turn(view);
          const counts = writers.map(
            (writer) => view.sites.filter((each) => each.writer === writer).length,
          );
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(owners.length);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          expect(turn(view)).toEqual(view);
        },
      ),
    );
  });
});
