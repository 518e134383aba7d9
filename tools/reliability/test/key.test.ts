import { fileURLToPath } from 'node:url';
import type { StageDefinition } from '@retort/stage-kit';
import { expect, test } from 'vitest';
import { registry } from '@retort/cli/registry';
import { editedModules } from '../src/key/index.ts';
import { keyOf } from '../src/key/key-of.ts';
import { type KeyCase, KEY_CASES } from '../src/key/settings-cases.ts';

const workspace = fileURLToPath(new URL('../../..', import.meta.url));
const SAMPLING = { seed: 1, numRuns: 10 };

/** A sample: ten generated settings of each. The whole is a command of its own. */
test.each([...registry.values()].map((definition) => [definition.kind, definition] as const))(
  'what decides the bytes of %s is in its key, and nothing else',
  async (_, definition) => {
    for (const { check } of KEY_CASES) await check(definition, SAMPLING);
  },
  60_000,
);

test('canary: a stage that says it uses no seed is found to have none, and a role that is ignored is found out', async () => {
  const definition = registry.get('student-train') as StageDefinition;
  const seeds = KEY_CASES.find(({ name }) => name.startsWith('seed and engine')) as KeyCase;
  await expect(seeds.check(definition, SAMPLING)).resolves.toBeUndefined();
  const settings = { loss: { logits: { weight: 1 } } };
  const key = await keyOf({ definition, settings });
  expect(await keyOf({ definition: { ...definition, usesSeed: false }, settings })).not.toBe(key);
  const forgetful = KEY_CASES.find(({ name }) => name.startsWith('version, code')) as KeyCase;
  const deaf = new Proxy(definition, { get: (target, name) => (name === 'version' ? 1 : Reflect.get(target, name)) });
  await expect(
    forgetful.check(
      {
        ...deaf,
        get version() {
          return Number.NaN;
        },
      } as never,
      SAMPLING,
    ),
  ).rejects.toThrow();
});

test('an edit to a loss changes the code of exactly the stages that use it', async () => {
  const some = ['student-train', 'finetune', 'tokenize'].map((kind) => registry.get(kind) as StageDefinition);
  const { changed, users } = await editedModules(workspace, some);
  expect(users).toEqual(['@retort/stage-student-train/run']);
  expect(changed).toEqual(users);
}, 180_000);
