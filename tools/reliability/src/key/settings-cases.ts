import { digestBytes, digestJson } from '@retort/foundation/digest';
import { validateAgainstSchema, withDefaults } from '@retort/pipeline-schema';
import type { StageDefinition } from '@retort/plugin-kit';
import fc from 'fast-check';
import { arbitrarySettings, resolved, type Schema } from './arbitrary-settings.ts';
import { inputsOf, type keyOf } from './key-of.ts';

/** What must hold for a stage; rejects with the settings for which it does not. */
export interface KeyCase {
  readonly name: string;
  readonly check: (definition: StageDefinition, sampling: Sampling) => Promise<void>;
}

export interface Sampling {
  readonly seed: number;
  readonly numRuns: number;
  /** `keyOf`, or one that forgets something. */
  readonly ask: typeof keyOf;
}

/** Valid settings of a stage, as a file gives them. */
function settingsOf({ configSchema }: StageDefinition): fc.Arbitrary<unknown> {
  const schema = configSchema as Schema;
  return arbitrarySettings(schema).filter((settings) => isValid(schema, settings));
}

function isValid(schema: Schema, settings: unknown): boolean {
  return validateAgainstSchema(schema as never, withDefaults(schema as never, settings)).length === 0;
}

export const KEY_CASES: readonly KeyCase[] = [
  {
    name: 'two settings have one key exactly when they say the same',
    check: (definition, sampling) =>
      property(sampling, fc.tuple(settingsOf(definition), settingsOf(definition)), async ([a, b]) => {
        const isSame = meaning(definition, a) === meaning(definition, b);
        const [first, second] = [
          await sampling.ask({ definition, settings: a }),
          await sampling.ask({ definition, settings: b }),
        ];
        return isSame === (first === second);
      }),
  },
  {
    name: 'each field of the settings changes the key',
    check: async (definition, sampling) => {
      const schema = definition.configSchema as Schema;
      for (const name of Object.keys(schema.properties ?? {})) await fieldChangesKey(definition, name, sampling);
    },
  },
  {
    name: 'order of members and defaults that are spelled out do not',
    check: (definition, sampling) =>
      property(sampling, settingsOf(definition), async (settings) => {
        const spelledOut = withDefaults(definition.configSchema as never, settings);
        const key = await sampling.ask({ definition, settings });
        return (
          key === (await sampling.ask({ definition, settings: spelledOut })) &&
          key === (await sampling.ask({ definition, settings: reversed(settings) }))
        );
      }),
  },
  {
    name: 'run settings, name of the stage and place of the inputs do not',
    check: (definition, sampling) => {
      const run = fc.record({
        retries: fc.nat(100),
        threads: fc.integer({ min: 1, max: 64 }),
        timeoutSeconds: fc.nat(1000),
      });
      const other = fc.record({ run, id: fc.string(), location: fc.string() });
      return property(sampling, fc.tuple(settingsOf(definition), other), async ([settings, how]) => {
        return (
          (await sampling.ask({ definition, settings })) ===
          (await sampling.ask({ definition, settings, ...how } as never))
        );
      });
    },
  },
  {
    name: 'version, code, packages and the bytes of each input do',
    check: (definition, sampling) =>
      property(sampling, settingsOf(definition), async (settings) => {
        const inputs = inputsOf(definition);
        const changed = Object.keys(inputs).map((name) => ({ inputs: { ...inputs, [name]: digestBytes('other') } }));
        const questions = [
          { definition: { ...definition, version: definition.version + 1 } },
          { codeDigest: digestBytes('other code') },
          { packages: { arrow: '1.0.1' } },
          ...changed,
        ];
        return areAllDifferent([{}, ...questions].map((more) => sampling.ask({ definition, settings, ...more })));
      }),
  },
  {
    name: 'two inputs that change places do',
    check: (definition, sampling) =>
      property(sampling, settingsOf(definition), async (settings) => {
        const inputs = inputsOf(definition);
        const names = Object.keys(inputs);
        const pairs = names.flatMap((a, at) =>
          names.slice(at + 1).map((b) => ({ ...inputs, [a]: inputs[b] ?? '', [b]: inputs[a] ?? '' })),
        );
        return areAllDifferent(
          [inputs, ...pairs].map((swapped) => sampling.ask({ definition, settings, inputs: swapped })),
        );
      }),
  },
  {
    name: 'seed and engine do exactly where the stage uses them',
    check: (definition, sampling) =>
      property(sampling, settingsOf(definition), async (settings) => {
        const config = withDefaults(definition.configSchema as never, settings);
        const usesSeed = typeof definition.usesSeed === 'function' ? definition.usesSeed(config) : definition.usesSeed;
        const key = await sampling.ask({ definition, settings });
        const hasSeed = key !== (await sampling.ask({ definition, settings, seed: 43 }));
        const hasEngine = key !== (await sampling.ask({ definition, settings, engine: 'cpu' }));
        return hasSeed === usesSeed && hasEngine === definition.usesEngine;
      }),
  },
];

/** Two different values of one field, all others the same. A field of which only one value can be made is left out. */
async function fieldChangesKey(definition: StageDefinition, name: string, sampling: Sampling): Promise<void> {
  const schema = definition.configSchema as Schema;
  const field = resolved((schema.properties as Record<string, Schema>)[name] as Schema, schema);
  const values = fc.tuple(arbitrarySettings(field, schema), arbitrarySettings(field, schema));
  await property(sampling, fc.tuple(settingsOf(definition), values), async ([settings, pair]) => {
    const [a, b] = pair.map((value) => ({ ...(settings as object), [name]: value }));
    if (!isValid(schema, a) || !isValid(schema, b) || meaning(definition, a) === meaning(definition, b)) return true;
    return (await sampling.ask({ definition, settings: a })) !== (await sampling.ask({ definition, settings: b }));
  });
}

/** Equal for settings that say the same: defaults spelled out, members in order. */
function meaning({ configSchema }: StageDefinition, settings: unknown): string {
  return digestJson(withDefaults(configSchema as never, settings));
}

function property<T>(
  { seed, numRuns }: Sampling,
  values: fc.Arbitrary<T>,
  holds: (value: T) => Promise<boolean>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(values, holds), { seed, numRuns });
}

async function areAllDifferent(keys: readonly Promise<string>[]): Promise<boolean> {
  return new Set(await Promise.all(keys)).size === keys.length;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, reversed(inner)]),
  );
}
