import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { explainErrors, type SchemaProblem } from './explain-errors.ts';
import type { Schema } from './schema.ts';

/** Checks a value against a closed schema and returns every problem, worded for people. Paths start at `value`. */
export function validate(schema: Schema, value: unknown): SchemaProblem[] {
  const check = validatorOf(schema);
  return check(value) ? [] : explainErrors(check.errors ?? [], value, check.schema as Schema);
}

let compiler: Ajv2020 | undefined;
const validators = new WeakMap<object, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  // Defaults are filled before: see `withDefaults`. `verbose` gives each error its value and schema.
  compiler ??= new Ajv2020({
    strict: true,
    strictRequired: true,
    allErrors: true,
    discriminator: true,
    verbose: true,
  }).addVocabulary(['x-renamed']);
  // Without its `$id` the same schema may be compiled again from another object, as tests do.
  const { $id: _id, ...anonymous } = schema as Schema & { readonly $id?: string };
  const compiled = compiler.compile(anonymous);
  validators.set(schema, compiled);
  return compiled;
}
