import {
  type ByInput,
  connected,
  defineStage,
  type InputArtifact,
  type OutputArtifact,
  type StageContext,
  type StageDefinition,
} from '@retort/plugin-kit';
import { expect, expectTypeOf, test } from 'vitest';

const shout = defineStage<{ mark: string; loud: boolean }>()({
  kind: 'shout',
  version: 1,
  description: 'Shouts.',
  configSchema: {},
  inputs: {
    text: { types: ['text'], description: 'Words' },
    names: { types: ['text'], description: 'Names', optional: true },
    echoes: { types: ['text'], description: 'What came back', list: true },
  },
  outputs: ({ config }) => ({
    text: { type: 'text', description: 'The same, louder' },
    ...(config.loud && { echo: { type: 'text' as const, description: 'Again' } }),
  }),
  usesEngine: false,
  usesSeed: ({ loud }) => loud,
  module: 'shout/run',
});

type Context = StageContext<typeof shout>;

test('a context has the types of its definition', () => {
  expectTypeOf<Context['config']>().toEqualTypeOf<{ mark: string; loud: boolean }>();
  expectTypeOf<Context['inputs']['text']>().toEqualTypeOf<InputArtifact>();
  expectTypeOf<Context['inputs']['names']>().toEqualTypeOf<InputArtifact | undefined>();
  expectTypeOf<Context['outputs']['text']>().toEqualTypeOf<OutputArtifact>();
  expectTypeOf<Context['outputs']['echo']>().toEqualTypeOf<OutputArtifact | undefined>();
  expectTypeOf<Context['inputs']['echoes']>().toEqualTypeOf<readonly InputArtifact[]>();
  expectTypeOf<keyof Context['inputs']>().toEqualTypeOf<'text' | 'names' | 'echoes'>();
  expectTypeOf<StageContext['inputs']>().toEqualTypeOf<ByInput<InputArtifact>>();
  expectTypeOf(shout).toExtend<StageDefinition>();
});

test('an optional input that is needed and not there is named', () => {
  const names: InputArtifact = { type: 'text', path: '/names', digest: '0', label: 'names' };
  const inputs: Context['inputs'] = { text: names, echoes: [] };
  expect(connected({ ...inputs, names }, 'names')).toBe(names);
  expect(() => connected(inputs, 'names')).toThrow('These settings need the input "names". Connect it.');
});

test('a schema that is a function is asked when a plug-in came, and gives the same object until then', () => {
  let asked = 0;
  const stage = defineStage()({ ...shout, inputs: {}, configSchema: () => ({ title: String(++asked) }) });
  expect(stage.configSchema).toBe(stage.configSchema);
  expect(stage.configSchema).toEqual({ title: '1' });
});
