import { mapSchema, type Schema } from '@retort/pipeline-schema';
import { compile } from 'json-schema-to-typescript';
import { GENERATED_BY } from './command.ts';

/** TypeScript of the resolved settings: what has a default is always there, and closed objects have no index signature. */
export async function configType(schema: Schema, name: string): Promise<string> {
  const { $id: _id, ...rest } = mapSchema(schema, resolved);
  return compile({ ...rest, title: name } as never, name, {
    bannerComment: `// ${GENERATED_BY}`,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    unknownAny: true,
    unreachableDefinitions: false,
    style: { singleQuote: true, printWidth: 120 },
  });
}

/** Where the type has been written: `"$comment": "TypeScript: import('@retort/training').LearningSettings"`. */
const WRITTEN_TYPE = /^TypeScript: (.+)$/;

function resolved(schema: Schema): Schema {
  const tsType = WRITTEN_TYPE.exec(schema.$comment ?? '')?.[1];
  if (tsType !== undefined) return { description: schema.description, default: schema.default, tsType } as Schema;
  if (isAnything(schema)) return { ...schema, tsType: 'unknown' } as Schema;
  if (schema.properties === undefined) return schema;
  const filled = Object.entries(schema.properties).filter(([, property]) => property.default !== undefined);
  return { ...schema, required: [...new Set([...(schema.required ?? []), ...filled.map(([name]) => name)])] };
}

const ANNOTATIONS = ['title', 'description', 'default', 'examples'];

function isAnything(schema: Schema): boolean {
  return Object.keys(schema).every((keyword) => ANNOTATIONS.includes(keyword));
}
