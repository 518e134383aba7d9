import { registry } from '@retort/cli/registry';
import type { StageDefinition } from '@retort/plugin-kit';
import { isWanted, type Suite, type SuiteCase, type SuiteSettings } from '../suite.ts';
import { CHANGED_INPUTS } from './changed-inputs.ts';
import { CONDITIONS } from './conditions.ts';
import { copyWorkspace } from './edited-code.ts';
import { keyOf } from './key-of.ts';
import { KEY_CASES } from './settings-cases.ts';

const ROUNDS = 300;

/** A loss that some stages use and others do not. */
export const EDITED_FILE = 'libs/model/distillation/src/attention-score-loss.ts';

/** It names itself in its errors, so that a minified bundle shows whether it is in it. */
const EDITED_FUNCTION = 'attentionScoreLoss';

/** What decides bytes is in the key of every stage, and what does not is not. */
export const key: Suite = {
  name: 'key',
  description:
    'for every stage: each setting, input and version changes the key, nothing else does; an edit reaches its users, wherever the checkout is; inputs that change while they are read',
  hasNamedCases: true,
  run: async (settings) => [...(await settingsCases(settings)), ...(await codeCases(settings))],
};

function settingsCases({ rounds = ROUNDS, seed, ...settings }: SuiteSettings): Promise<SuiteCase[]> {
  const cases = [...registry.values()].flatMap((definition) =>
    KEY_CASES.map(({ name, check }) => ({
      name: `${definition.kind}: ${name}`,
      check: () => check(definition, { seed, numRuns: rounds, ask: keyOf }),
    })),
  );
  return heldOf(cases, settings);
}

function codeCases(settings: SuiteSettings): Promise<SuiteCase[]> {
  const { workspace } = settings;
  const edited = {
    name: `an edit to ${EDITED_FILE} changes the code of exactly its users`,
    check: () => editedCode(workspace),
  };
  const conditions = [...CONDITIONS, ...CHANGED_INPUTS].map(({ name, check }) => ({
    name,
    check: () => check(workspace),
  }));
  return heldOf([edited, ...conditions], settings);
}

interface NamedCheck {
  readonly name: string;
  /** Rejects when it does not hold. Returns why it could not be tried. */
  readonly check: () => Promise<string | undefined | void>;
}

async function heldOf(
  checks: readonly NamedCheck[],
  { say, only }: Pick<SuiteSettings, 'say' | 'only'>,
): Promise<SuiteCase[]> {
  const cases: SuiteCase[] = [];
  for (const check of checks.filter(({ name }) => isWanted(name, { only }))) {
    const each = await held(check);
    say(`${each.status}  ${each.name}`);
    cases.push(each);
  }
  return cases;
}

async function held({ name, check }: NamedCheck): Promise<SuiteCase> {
  try {
    const skipped = await check();
    return skipped ? { name, status: 'skipped', detail: skipped } : { name, status: 'held' };
  } catch (error) {
    return { name, status: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}

async function editedCode(workspace: string): Promise<void> {
  const { changed, users } = await editedModules(workspace, [...registry.values()]);
  if (users.length === 0 || users.length === registry.size) throw new Error(`${users.length} stages use it`);
  if (changed.join() !== users.join()) throw new Error(`changed: ${changed.join()}; users: ${users.join()}`);
}

/** Modules whose code changed by an edit to a loss, and those whose bundle holds that loss. */
export async function editedModules(
  workspace: string,
  definitions: readonly StageDefinition[],
): Promise<{ changed: string[]; users: string[] }> {
  const copy = await copyWorkspace(workspace);
  try {
    const modules = definitions.map(({ module }) => module);
    const before = await copy.codeOf(modules);
    const users = modules.filter((module) => before.get(module)?.text.includes(EDITED_FUNCTION));
    await copy.edit(EDITED_FILE, (text) => text.replace("=== 'masked'", "!== 'reference'"));
    const after = await copy.codeOf(modules);
    return { changed: modules.filter((module) => before.get(module)?.digest !== after.get(module)?.digest), users };
  } finally {
    await copy.remove();
  }
}
