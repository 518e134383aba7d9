import {
  choiceSchema,
  type Extension,
  extensionPoint,
  memberSchemas,
  modulesOf,
  nameSchema,
  perRegistration,
  registerExtensions,
} from '@retort/foundation/extensions';
import { afterEach, expect, test } from 'vitest';

const named = (name: string, schema?: Extension['schema']): Extension => ({
  name,
  description: `The ${name}.`,
  ...(schema && { schema }),
});
const weighted = { type: 'object', additionalProperties: false, required: ['weight'], properties: { weight: {} } };

let takeOut = () => {};
afterEach(() => takeOut());

test('an extension point has the built-in objects, then those of plug-ins', () => {
  const metrics = extensionPoint('metrics', [named('accuracy')]);
  takeOut = registerExtensions({ metrics: [named('brier')], optimizers: [named('sgd')] }, './plugin');
  expect(metrics.all().map(({ name }) => name)).toEqual(['accuracy', 'brier']);
  expect(metrics.get('brier').description).toBe('The brier.');
  expect(metrics.find('sgd')).toBeUndefined();
  takeOut();
  expect(metrics.all()).toEqual(metrics.builtIn);
  expect(() => metrics.get('acuracy')).toThrow(
    '"metrics" has no entry "acuracy". Did you mean "accuracy"? Known: accuracy.',
  );
});

test('the modules of what is used are those of its plug-ins alone', () => {
  takeOut = registerExtensions({ metrics: [named('brier')], optimizers: [named('sgd')] }, './plugin');
  expect(modulesOf({ metrics: ['accuracy'] })).toEqual([]);
  expect(modulesOf({ metrics: ['accuracy', 'brier'], optimizers: ['sgd'] })).toEqual(['./plugin']);
  expect(modulesOf({ optimizers: ['brier'] })).toEqual([]);
});

test('what was computed holds until a plug-in comes or goes', () => {
  let count = 0;
  const counted = perRegistration(() => ++count);
  expect([counted(), counted()]).toEqual([1, 1]);
  takeOut = registerExtensions({}, './plugin');
  expect([counted(), counted()]).toEqual([2, 2]);
});

test('a choice has settings that all share, and may have one that is meant when none is named', () => {
  const shared = { required: ['rate'], properties: { rate: { type: 'number' } } };
  expect(choiceSchema([named('heavy', weighted)], 'Which.', { preset: 'heavy', shared })).toMatchObject({
    properties: { kind: { enum: ['heavy'], default: 'heavy' } },
    oneOf: [{ required: ['kind', 'rate', 'weight'], properties: { kind: { const: 'heavy' }, rate: {}, weight: {} } }],
  });
});

test('schemas of settings are made of the objects', () => {
  const objects = [named('plain'), named('heavy', weighted)];
  expect(memberSchemas(objects)).toEqual({
    plain: { type: 'object', description: 'The plain.', additionalProperties: false, properties: {} },
    heavy: { ...weighted, description: 'The heavy.' },
  });
  expect(choiceSchema(objects, 'Which.')).toMatchObject({
    discriminator: { propertyName: 'kind' },
    oneOf: [
      { required: ['kind'], properties: { kind: { const: 'plain' } } },
      { required: ['kind', 'weight'], properties: { kind: { const: 'heavy' }, weight: {} } },
    ],
  });
  expect(nameSchema(objects, 'Which.')).toEqual({
    enum: ['plain', 'heavy'],
    description: 'Which.\nplain: The plain.\nheavy: The heavy.',
  });
});
