import { EXTENSION_POINTS, type ExtensionPointName } from '@retort/foundation/extensions';
import { KEBAB_CASE, validateAgainstSchema } from '@retort/pipeline-schema';
import type { Plugin } from '@retort/plugin-kit';

const text = { type: 'string', minLength: 1 };
const name = (pattern: string, form: string) => ({ type: 'string', pattern, description: `Expected ${form}.` });
const schema = { type: 'object' };

/** What an object has to do, besides saying what it is. Its other functions are optional. */
const FUNCTIONS: Readonly<Record<ExtensionPointName, readonly string[]>> = {
  lossTerms: ['loss'],
  lossKinds: ['loss'],
  teacherSignals: ['of'],
  optimizers: ['start'],
  schedules: ['factorAt'],
  metrics: ['fits', 'score'],
  taskFormats: ['scan'],
  modelFamilies: ['asBertConfig', 'fromBertConfig'],
  exportFormats: ['write', 'open'],
};

function extension(point: ExtensionPointName) {
  // A family has the name of transformers' model_type, such as deberta-v2.
  const form =
    point === 'modelFamilies'
      ? name('^[a-z][A-Za-z0-9_-]*$', 'a name such as deberta-v2')
      : name('^[a-z][A-Za-z0-9]*$', 'a name in camelCase');
  return { type: 'object', required: ['name', 'description'], properties: { name: form, description: text, schema } };
}

const stage = {
  type: 'object',
  required: ['kind', 'version', 'description', 'configSchema', 'inputs', 'usesEngine'],
  properties: {
    kind: name(KEBAB_CASE.source, 'a name in kebab-case'),
    version: { type: 'integer', minimum: 1 },
    description: text,
    configSchema: schema,
    inputs: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['types', 'description'],
        properties: { types: { type: 'array', minItems: 1, items: text }, description: text },
      },
    },
    usesEngine: { type: 'boolean' },
    module: { type: 'string', pattern: '^($|\\.)', description: 'Expected a path from the plug-in, such as ./run.ts.' },
  },
};

/** The part of a plug-in that a JSON schema can say. Its functions are looked at apart. */
const SHAPE = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: name(KEBAB_CASE.source, 'a name in kebab-case'),
    stages: { type: 'array', items: stage },
    ...Object.fromEntries(EXTENSION_POINTS.map((point) => [point, { type: 'array', items: extension(point) }])),
  },
};

/** What is wrong with what a plug-in's module exports, each with its place; nothing of it was called. */
export function pluginProblems(exported: unknown): string[] {
  if (exported === undefined) return ['its module has no default export; export default definePlugin({ … })'];
  const problems = validateAgainstSchema(SHAPE, exported).map(({ path, message }) => `/${path.join('/')}: ${message}`);
  if (problems.length > 0) return problems;
  const plugin = exported as Plugin;
  const ofPoints = EXTENSION_POINTS.flatMap((point) => extensionProblems(plugin, point));
  return [...stageProblems(plugin), ...ofPoints, ...schemaProblems(plugin)];
}

function stageProblems({ stages = [] }: Plugin): string[] {
  return stages.flatMap((definition) => {
    const missing =
      typeof definition.outputs === 'function' ? [] : [`stage "${definition.kind}": "outputs" must be a function`];
    const { run } = definition as { readonly run?: unknown };
    const runs = typeof run === 'function' || definition.module !== '';
    return runs
      ? missing
      : [...missing, `stage "${definition.kind}": it has neither a function "run" nor a "module" that exports one`];
  });
}

function schemaProblems(plugin: Plugin): string[] {
  const schemas = [
    ...(plugin.stages ?? []).map(({ kind, configSchema }) => [`stage "${kind}"`, configSchema] as const),
    ...EXTENSION_POINTS.flatMap((point) =>
      (plugin[point] ?? []).map(({ name: own, schema: settings = {} }) => [`"${own}" of ${point}`, settings] as const),
    ),
  ];
  return schemas.flatMap(([what, each]) => {
    try {
      validateAgainstSchema(each, {});
      return [];
    } catch (error) {
      return [`${what}: its schema is not valid: ${(error as Error).message}`];
    }
  });
}

function extensionProblems(plugin: Plugin, point: ExtensionPointName): string[] {
  return (plugin[point] ?? []).flatMap((extension) => {
    const members: Readonly<Record<string, unknown>> = { ...extension };
    return FUNCTIONS[point]
      .filter((member) => typeof members[member] !== 'function')
      .map((member) => `"${extension.name}" of ${point}: the function "${member}" is missing`);
  });
}
