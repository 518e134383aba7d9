import { suggestion } from '@retort/foundation/diagnostics';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { fromPointer, type JsonPath, toPointer } from './json-path.ts';
import { member, show, typeName } from './json-value.ts';
import { chooseBranch, dereference, type Schema, tagValues, typesOf } from './schema.ts';

/** One violation of a schema. */
export interface SchemaProblem {
  readonly code: string;
  readonly message: string;
  readonly path: JsonPath;
  /** The problem is the member's name, not its value. */
  readonly isName?: true;
}

/** Turns Ajv's errors into one problem each for what a reader would call one mistake. */
export function explainErrors(errors: readonly ErrorObject[], value: unknown, root: Schema): SchemaProblem[] {
  const problems = withoutEchoes(errors, root).map((error) => explain(error, root));
  return [
    ...new Map(
      problems.map((problem) => [`${problem.code}${toPointer(problem.path)}${problem.message}`, problem]),
    ).values(),
  ];
}

/** A failed union reports every branch; only the branch that was meant is of use. */
function withoutEchoes(errors: readonly ErrorObject[], root: Schema): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  const isEcho = (error: ErrorObject) => {
    if (error.propertyName !== undefined && error.keyword !== 'propertyNames') return true;
    return unions.some((union) => {
      const meant = chosenBranches(union.parentSchema as Schema, union.data, root);
      if (error === union) return meant.length > 0;
      if (meant.length === 0) return isWithin(error.instancePath, union.instancePath);
      const isOfOther = !meant.includes(error.parentSchema as Schema);
      return error.instancePath === union.instancePath && isOfOther && !unions.includes(error);
    });
  };
  return errors.filter((error) => !isEcho(error));
}

/** The branch that a value was meant for; where it is a union itself, the branch of that too, and so on. */
function chosenBranches(union: Schema, value: unknown, root: Schema): Schema[] {
  const branch = chooseBranch(union, value, root);
  return branch === undefined ? [] : [branch, ...chosenBranches(branch, value, root)];
}

function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`);
}

function explain(error: ErrorObject, root: Schema): SchemaProblem {
  const path = fromPointer(error.instancePath);
  const schema = error.parentSchema as Schema;
  // Asked for only where it is said: of a member too many, `data` is all that stands around it.
  const got = () => `got ${show(error.data)}`;
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownField([...path, String(error.params.additionalProperty)], schema);
    case 'required':
      return missingField(path, String(error.params.missingProperty), schema, root);
    case 'type':
      return {
        code: 'PIPELINE_WRONG_TYPE',
        message: `Expected ${typeText([schema.type ?? 'any'].flat())}, ${got()} (${typeName(error.data)}).`,
        path,
      };
    case 'oneOf':
    case 'anyOf':
      return {
        code: 'PIPELINE_WRONG_TYPE',
        message: `Expected ${typeText(typesOf(schema, root))}, ${got()} (${typeName(error.data)}).`,
        path,
      };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return {
        code: 'PIPELINE_OUT_OF_RANGE',
        message: `Expected a number ${error.params.comparison} ${error.params.limit}, ${got()}.`,
        path,
      };
    case 'enum':
      return notAChoice(error.data, error.params.allowedValues as unknown[], path);
    case 'const':
      return notAChoice(error.data, [error.params.allowedValue], path);
    case 'discriminator':
      return wrongTag(error, schema, root, path);
    case 'propertyNames':
      return wrongName([...path, String(error.params.propertyName)], schema);
    case 'minItems':
    case 'maxItems':
      return {
        code: 'PIPELINE_BAD_VALUE',
        message: `Expected at ${error.keyword === 'minItems' ? 'least' : 'most'} ${error.params.limit} in the list, ${got()}.`,
        path,
      };
    case 'uniqueItems':
      return {
        code: 'PIPELINE_BAD_VALUE',
        message: `The list has the same value twice, at positions ${error.params.j} and ${error.params.i} (counted from 0): ${got()}.`,
        path,
      };
    case 'pattern':
      return {
        code: 'PIPELINE_BAD_VALUE',
        message: `${show(error.data)} does not match the pattern ${error.params.pattern}.${hint(schema)}`,
        path,
      };
    default:
      return { code: 'PIPELINE_BAD_VALUE', message: `The value ${error.message ?? 'is not allowed'}, ${got()}.`, path };
  }
}

function unknownField(path: JsonPath, { properties = {}, 'x-renamed': renamed = {} }: Schema): SchemaProblem {
  const name = String(path.at(-1));
  const known = Object.keys(properties);
  const list = known.length > 12 ? ` Known: ${known.join(', ')}.` : '';
  const message =
    known.length === 0
      ? `There are no settings here, got ${show(name)}.`
      : `No setting is named ${show(name)} here.${renamedText(name, renamed) ?? suggestion(name, known) + list}`;
  return { code: 'PIPELINE_UNKNOWN_FIELD', message, path, isName: true };
}

/** What a member that files had once is called now. */
export function renamedText(name: string, renamed: Readonly<Record<string, string>>): string | undefined {
  return Object.hasOwn(renamed, name) ? ` It is called ${show(renamed[name])} now.` : undefined;
}

function missingField(path: JsonPath, name: string, schema: Schema, root: Schema): SchemaProblem {
  const property = schema.properties?.[name];
  const message = `The setting ${show(name)} is missing.${property ? hint(dereference(property, root)) : ''}`;
  return { code: 'PIPELINE_MISSING_FIELD', message, path };
}

function notAChoice(value: unknown, allowed: readonly unknown[], path: JsonPath): SchemaProblem {
  const choices = allowed.map(show);
  const nearby = typeof value === 'string' ? suggestion(value, allowed.map(String)).replace(/ Known:.*/, '') : '';
  return { code: 'PIPELINE_NOT_A_CHOICE', message: `Expected ${orList(choices)}, got ${show(value)}.${nearby}`, path };
}

function wrongTag(error: ErrorObject, schema: Schema, root: Schema, path: JsonPath): SchemaProblem {
  const tag = schema.discriminator?.propertyName ?? '';
  const given = member(error.data, tag);
  const allowed = tagValues(schema, root);
  if (given !== undefined) return notAChoice(given, allowed, [...path, tag]);
  return {
    code: 'PIPELINE_MISSING_FIELD',
    message: `The setting ${show(tag)} is missing. Expected ${orList(allowed.map(show))}.`,
    path,
  };
}

function wrongName(path: JsonPath, schema: Schema): SchemaProblem {
  const message = `${show(String(path.at(-1)))} cannot be a name here.${hint(schema)}`;
  return { code: 'PIPELINE_BAD_NAME', message, path, isName: true };
}

function hint({ description }: Schema): string {
  return description === undefined ? '' : ` ${description}`;
}

function typeText(types: readonly string[]): string {
  const words: Record<string, string> = {
    integer: 'an integer',
    number: 'a number',
    string: 'a string',
    boolean: 'true or false',
    object: 'an object',
    array: 'a list',
    null: 'null',
  };
  return orList(types.map((type) => words[type] ?? type));
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? 'nothing') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
