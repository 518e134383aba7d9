import { registry } from '@retort/cli/registry';
import type { StageDefinition } from '@retort/plugin-kit';
import { expect, test } from 'vitest';
import { changedInputCases } from '../src/key/changed-inputs.ts';
import { conditionCases } from '../src/key/conditions.ts';
import { editedModules } from '../src/key/index.ts';
import { keyOf } from '../src/key/key-of.ts';
import { KEY_CASES } from '../src/key/settings-cases.ts';
import { contextForTests, expectHeld } from './support.ts';

const context = contextForTests();
const SAMPLING = { seed: 1, numRuns: 10, ask: keyOf };

/** A sample: ten generated settings of each. The whole is a command of its own. */
test.each([...registry.values()].map((definition) => [definition.kind, definition] as const))(
  'what decides the bytes of %s is in its key, and nothing else',
  async (_, definition) => {
    for (const { check } of KEY_CASES) await check(definition, SAMPLING);
  },
  60_000,
);

type Ask = typeof keyOf;
const without = (question: Parameters<Ask>[0], field: string) => {
  const { [field]: _forgotten, ...settings } = question.settings as Record<string, unknown>;
  return { ...question, settings };
};

test.each<[string, Ask]>([
  ['forgets a setting', (question) => keyOf(without(question, 'batchSize'))],
  ['forgets the seed', (question) => keyOf({ ...question, seed: 42 })],
  [
    'forgets which input an artifact is of',
    ({ inputs = {}, ...question }) =>
      keyOf({
        ...question,
        inputs: Object.fromEntries(
          Object.keys(inputs)
            .sort()
            .map((name, at) => [name, Object.values(inputs).sort()[at] ?? '']),
        ),
      }),
  ],
  ['takes in where an input lies', async (question) => `${await keyOf(question)} ${question.location}`],
])('canary: a key that %s is found', async (_, ask) => {
  const definition = registry.get('student-train') as StageDefinition;
  const found = await Promise.all(
    KEY_CASES.map(({ check }) =>
      check(definition, { seed: 1, numRuns: 30, ask }).then(
        () => false,
        () => true,
      ),
    ),
  );
  expect(found).toContain(true);
});

/** Those that are quick and of a kind each; the suite has all of them. */
test.each(conditionCases(context).filter(({ name }) => /restored|link to those|same size|inside/.test(name)))(
  '$name',
  (each) => expectHeld([each]),
  60_000,
);

test.each(
  changedInputCases(context).filter(({ name }) => /times put back .*killed|link that leads .* before/.test(name)),
)('no other bytes are recorded for $name', (each) => expectHeld([each]), 120_000);

test('an edit to a loss changes the code of exactly the stages that use it', async () => {
  const some = ['student-train', 'finetune', 'tokenize'].map((kind) => registry.get(kind) as StageDefinition);
  const { changed, users } = await editedModules(context, some);
  expect(users).toEqual(['@retort/stage-student-train/run']);
  expect(changed).toEqual(users);
}, 180_000);
