import { dereference, type Schema } from '../schema.ts';

/** One line of a settings table. */
export interface SettingRow {
  readonly path: string;
  readonly type: string;
  readonly preset: string;
  readonly range: string;
  readonly description: string;
}

interface Place {
  readonly path: string;
  readonly isRequired: boolean;
}

/** Every setting of an object schema, depth first, one row each. Members of a union say which branch they belong to. */
export function settingRows(schema: Schema): SettingRow[] {
  return members(schema, { path: '', isRequired: false }, schema);
}

function members(schema: Schema, place: Place, root: Schema): SettingRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const isRequired = schema.required?.includes(name) ?? false;
    return rows(property, { ...place, path: place.path === '' ? name : `${place.path}.${name}`, isRequired }, root);
  });
}

function rows(schema: Schema, place: Place, root: Schema): SettingRow[] {
  const full = dereference(schema, root);
  const own: SettingRow = {
    path: place.path,
    type: typeText(full, root),
    preset: presetText(full, place),
    range: rangeText(full),
    description: full.description ?? '',
  };
  const branches = (full.oneOf ?? full.anyOf ?? []).map((branch) => dereference(branch, root));
  const items = full.items === undefined ? undefined : dereference(full.items, root);
  const values =
    typeof full.additionalProperties === 'object' ? dereference(full.additionalProperties, root) : undefined;
  return [
    own,
    ...members(full, place, root),
    ...unionRows(branches, full, place, root),
    ...(items ? members(items, { ...place, path: `${place.path}[]` }, root) : []),
    ...(values ? members(values, { ...place, path: `${place.path}.<name>` }, root) : []),
  ];
}

/** Rows of all branches of a union. A setting that only some of them have says in which. */
function unionRows(branches: readonly Schema[], union: Schema, place: Place, root: Schema): SettingRow[] {
  const tag = union.discriminator?.propertyName;
  if (tag === undefined) return branches.flatMap((branch) => members(branch, place, root));
  const found = new Map<string, { readonly row: SettingRow; readonly of: string[] }>();
  for (const branch of branches) {
    const { [tag]: tagSchema, ...others } = branch.properties ?? {};
    const values = (tagSchema?.enum ?? [tagSchema?.const]).map(code).join(' or ');
    const head = {
      path: `${place.path}.${tag}`,
      type: values,
      preset: 'required',
      range: '',
      description: branch.description ?? tagSchema?.description ?? '',
    };
    // Where the union itself has the tag among its members, that row says what each means.
    const rows = [
      ...(union.properties?.[tag] ? [] : [head]),
      ...members({ ...branch, properties: others }, place, root),
    ];
    for (const row of rows) {
      const same = found.get(JSON.stringify(row)) ?? { row, of: [] };
      found.set(JSON.stringify(row), { row, of: [...same.of, ...(row === head ? [] : [values])] });
    }
  }
  return [...found.values()].map(({ row, of }) => {
    const isSaid = of.length === 0 || of.length === branches.length || row.description.startsWith(`(${tag} `);
    if (isSaid) return row;
    return { ...row, description: `(${tag} ${of.join(' or ')}) ${row.description}`.trim() };
  });
}

function typeText(schema: Schema, root: Schema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(' or ');
  if (schema.discriminator !== undefined) return 'object';
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches !== undefined) return branches.map((branch) => typeText(dereference(branch, root), root)).join(' or ');
  if (schema.items !== undefined) return `list of ${typeText(dereference(schema.items, root), root)}`;
  return [schema.type ?? 'any'].flat().join(' or ');
}

function presetText(schema: Schema, place: Place): string {
  if (schema.default !== undefined) return `\`${JSON.stringify(schema.default)}\``;
  return place.isRequired ? 'required' : 'none';
}

function rangeText(schema: Schema): string {
  const bounds = [
    schema.minimum !== undefined && `>= ${schema.minimum}`,
    schema.exclusiveMinimum !== undefined && `> ${schema.exclusiveMinimum}`,
    schema.maximum !== undefined && `<= ${schema.maximum}`,
    schema.exclusiveMaximum !== undefined && `< ${schema.exclusiveMaximum}`,
    schema.minItems !== undefined && `at least ${schema.minItems} items`,
    schema.maxItems !== undefined && `at most ${schema.maxItems} items`,
    schema.pattern !== undefined && code(schema.pattern),
  ];
  return bounds.filter(Boolean).join(', ');
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
