import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registry } from '@retort/cli/registry';
import { openCode } from '@retort/code-closure';
import { type Case, copyCheckout, inFolder, roundsOf, type Suite, type SuiteContext } from '@retort/lab';
import type { StageDefinition } from '@retort/plugin-kit';
import { changedInputCases } from './changed-inputs.ts';
import { conditionCases } from './conditions.ts';
import { keyOf } from './key-of.ts';
import { KEY_CASES } from './settings-cases.ts';

const ROUNDS = 300;

/** A loss that some stages use and others do not. */
const EDITED_FILE = 'libs/model/distillation/src/attention-score-loss.ts';

/** It names itself in its errors, so that a minified bundle shows whether it is in it. */
const EDITED_FUNCTION = 'attentionScoreLoss';

/** What decides bytes is in the key of every stage, and what does not is not. */
export const key: Suite = {
  name: 'key',
  description:
    'for every stage: each setting, input and version changes the key, nothing else does; an edit reaches its users, wherever the checkout is; inputs that change while they are read',
  cases: (context) => [
    ...settingsCases(context),
    {
      name: `an edit to ${EDITED_FILE} changes the code of exactly its users`,
      run: async () => {
        const { changed, users } = await editedModules(context, [...registry.values()]);
        assert(users.length > 0 && users.length < registry.size, `${users.length} stages use it`);
        assert.equal(changed.join(), users.join(), `changed: ${changed.join()}; users: ${users.join()}`);
      },
    },
    ...conditionCases(context),
    ...changedInputCases(context),
  ],
};

function settingsCases(context: SuiteContext): Case[] {
  const sampling = { seed: context.seed, numRuns: roundsOf(context, ROUNDS), ask: keyOf };
  return [...registry.values()].flatMap((definition) =>
    KEY_CASES.map(({ name, check }) => ({
      name: `${definition.kind}: ${name}`,
      run: () => check(definition, sampling),
    })),
  );
}

/** Modules whose code changed by an edit to a loss, and those whose bundle holds that loss. */
export function editedModules(
  { workspace, scratchFolder }: Pick<SuiteContext, 'workspace' | 'scratchFolder'>,
  definitions: readonly StageDefinition[],
): Promise<{ changed: string[]; users: string[] }> {
  return inFolder(scratchFolder, async (folder) => {
    const root = copyCheckout(workspace, join(folder, 'checkout'), { sources: ['libs'] });
    const before = await closuresIn(root, definitions);
    const file = join(root, EDITED_FILE);
    const text = readFileSync(file, 'utf8');
    const edited = text.replace("=== 'masked'", "!== 'reference'");
    assert(edited !== text, `${EDITED_FILE} has no longer what was to be edited`);
    writeFileSync(file, edited);
    const after = await closuresIn(root, definitions);
    const modules = [...before.keys()];
    return {
      changed: modules.filter((module) => before.get(module)?.digest !== after.get(module)?.digest),
      users: modules.filter((module) => before.get(module)?.text.includes(EDITED_FUNCTION)),
    };
  });
}

async function closuresIn(root: string, definitions: readonly StageDefinition[]) {
  const code = openCode({ installation: root });
  const found = new Map<string, { digest: string; text: string }>();
  for (const { module } of definitions) {
    const { digest, path } = await code.closureOf(module);
    found.set(module, { digest, text: readFileSync(path, 'utf8') });
  }
  return found;
}
