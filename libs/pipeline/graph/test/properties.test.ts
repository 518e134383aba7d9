import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputEntries } from '@retort/foundation/inputs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chain, Memory, runAll, useKitchen } from './kitchen.ts';

const kitchen = useKitchen();

const keysOf = async (memory = new Memory()) => {
  const graph = await kitchen.graph('tiny');
  const plan = await runAll(graph, memory);
  return Object.fromEntries(plan.stages.map(({ id, key }) => [id, key]));
};

/** The same JSON with members in another order and other white space. */
function reshuffled(value: unknown, order: readonly number[], at = { position: 0 }): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const ranked = Object.entries(value).map(([name, inner]) => ({
    name,
    inner,
    rank: order[at.position++ % order.length] ?? 0,
  }));
  return Object.fromEntries(
    ranked.sort((a, b) => a.rank - b.rank).map(({ name, inner }) => [name, reshuffled(inner, order, at)]),
  );
}

describe('for any pipeline', () => {
  it('every stage comes after all that it needs', async () => {
    const sources = fc.array(fc.option(fc.nat(), { nil: undefined }), { minLength: 1, maxLength: 30 });
    const shuffle = fc.array(fc.nat(), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(sources, shuffle, async (parents, ranks) => {
        const stages = parents.map((parent, i) => {
          const inputs = parent === undefined || i === 0 ? {} : { files: `s${parent % i}.text` };
          return [`s${i}`, { uses: 'source', inputs }] as const;
        });
        const inAnyOrder = stages
          .map((entry, i) => ({ entry, rank: ranks[i % ranks.length] ?? 0 }))
          .sort((a, b) => a.rank - b.rank);
        kitchen.write('tiny', Object.fromEntries(inAnyOrder.map(({ entry }) => entry)));
        const graph = await kitchen.graph('tiny');
        const position = new Map(graph.stages.map(({ id }, index) => [id, index]));
        expect(position.size).toBe(parents.length);
        for (const [index, stage] of graph.stages.entries()) {
          for (const [, input] of inputEntries(stage.inputs)) {
            if (input.kind === 'stage') expect(position.get(input.stage)).toBeLessThan(index);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keys depend neither on the order of members nor on white space', async () => {
    const document = {
      name: 'tiny',
      seed: 1,
      stages: { ...chain, train: { ...chain.train, with: { weight: 2, budget: 900 } } },
    };
    kitchen.write('tiny', document.stages, { seed: 1 });
    const expected = await keysOf();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(0, 1, 3, '\t'),
        async (order, space) => {
          writeFileSync(
            join(kitchen.folder(), 'tiny.pipeline.json'),
            JSON.stringify(reshuffled(document, order), undefined, space),
          );
          expect(await keysOf()).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('swapping the artifacts of two inputs changes the key', async () => {
    const second = { ...chain.tokenize, with: { copies: 2 } };
    const train = (teacher: string, student: string) => ({ uses: 'train', inputs: { teacher, student } });
    kitchen.write('tiny', { ...chain, second, train: train('tokenize.train', 'second.train') });
    const straight = await keysOf();
    kitchen.write('tiny', { ...chain, second, train: train('second.train', 'tokenize.train') });
    const swapped = await keysOf();
    expect(swapped['second']).toBe(straight['second']);
    expect(swapped['train']).not.toBe(straight['train']);
  });
});
