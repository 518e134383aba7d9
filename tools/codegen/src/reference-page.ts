import type { Schema } from '@retort/pipeline-schema';
import type { InputPort, OutputPort, PathInput } from '@retort/plugin-kit';
import { GENERATED_BY } from './command.ts';
import { settingRows } from './setting-rows.ts';
import type { StageSource } from './stage-sources.ts';

/** `docs/reference/stages/<name>.md`: what the stage does, its ports, its settings. */
export function stagePage({ name, schema, definition }: StageSource): string {
  const parts = [`<!-- ${GENERATED_BY} -->`, `# ${name}`, definition?.description ?? schema.description ?? ''];
  if (definition !== undefined) {
    const inputs = Object.entries(definition.inputs);
    parts.push(
      '## Inputs',
      inputs.length === 0
        ? 'None.'
        : table(['Role', 'Type', 'Needed', 'As a path', 'Description'], inputs.map(inputRow)),
    );
    parts.push('## Outputs', outputSection(Object.entries(outputsOf(definition) ?? {})));
    parts.push('## Key', keyNote(definition));
  }
  parts.push('## Settings (`with`)', settings(schema));
  return page(parts);
}

/** `docs/reference/pipeline.md`: the envelope, and the list of stages. */
export function pipelinePage(schema: Schema, stages: readonly StageSource[]): string {
  const list = stages.map(({ name, schema: own, definition }) => [
    `[${name}](stages/${name}.md)`,
    definition?.description ?? own.description ?? '',
  ]);
  return page([
    `<!-- ${GENERATED_BY} -->`,
    '# Pipeline files',
    schema.description ?? '',
    '## Members',
    settings(schema),
    '## Stages',
    list.length === 0 ? 'None.' : table(['`uses`', 'What it does'], list),
  ]);
}

type Definition = NonNullable<StageSource['definition']>;

/** Ports with every role connected and default settings: the most that the stage gives. */
function outputsOf(definition: Definition): Readonly<Record<string, OutputPort>> | undefined {
  try {
    return definition.outputs({
      config: presets(definition.configSchema as Schema),
      connected: Object.keys(definition.inputs),
    });
  } catch {
    return undefined;
  }
}

function presets(schema: Schema): Record<string, unknown> {
  const entries = Object.entries(schema.properties ?? {}).filter(([, property]) => property.default !== undefined);
  return Object.fromEntries(entries.map(([name, property]) => [name, property.default]));
}

function outputSection(ports: readonly [string, OutputPort][]): string {
  if (ports.length === 0) return 'They depend on the settings.';
  return table(
    ['Port', 'Type', 'Description'],
    ports.map(([port, { type, description }]) => [`\`${port}\``, `\`${type}\``, description]),
  );
}

function inputRow([role, port]: [string, InputPort]): string[] {
  const types = port.types.map((type) => `\`${type}\``).join(' or ');
  return [`\`${role}\``, types, port.optional ? 'optional' : 'required', pathText(port.path), port.description];
}

function pathText(path: PathInput | undefined): string {
  if (path === undefined) return 'no';
  return path.kind === 'files' ? 'a file, a folder or a glob' : `a ${path.kind}`;
}

function keyNote({ usesSeed, usesEngine, version }: Definition): string {
  const seed = typeof usesSeed === 'function' ? 'the seed where something is drawn' : usesSeed && 'the seed';
  const extra = [seed, usesEngine && 'the engine'].filter(Boolean).join(' and ');
  return `Version ${version}. A change of settings, inputs or code reruns the stage${extra ? `; so does a change of ${extra}` : ''}.`;
}

function settings(schema: Schema): string {
  const rows = settingRows(schema);
  if (rows.length === 0) return 'None.';
  return table(
    ['Setting', 'Type', 'Default', 'Range', 'Description'],
    rows.map((row) => [`\`${row.path}\``, row.type, row.preset, row.range, row.description]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function page(parts: readonly string[]): string {
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}
