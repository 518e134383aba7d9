import type { InputPort, OutputPort, PathInput, StageDefinition } from '@retort/plugin-kit';
import type { Schema } from '../schema.ts';
import { type ReferencePage, settingsSection, tableSection } from './page.ts';

/** What a stage does, its inputs, outputs and settings. */
export function stagePage(stage: StageDefinition): ReferencePage {
  return {
    title: stage.kind,
    text: stage.description,
    sections: [
      tableSection('Inputs', {
        head: ['Input', 'Type', 'Needed', 'As a path', 'Description'],
        rows: Object.entries(stage.inputs).map(inputRow),
      }),
      tableSection(
        'Outputs',
        { head: ['Output', 'Type', 'Description'], rows: Object.entries(outputsOf(stage) ?? {}).map(outputRow) },
        'They depend on the settings.',
      ),
      { title: 'Key', text: keyNote(stage) },
      settingsSection('Settings (`with`)', stage.configSchema as Schema),
    ],
  };
}

/** Outputs with every input connected and default settings: the most that the stage gives. */
function outputsOf(definition: StageDefinition): Readonly<Record<string, OutputPort>> | undefined {
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

function inputRow([name, port]: [string, InputPort]): string[] {
  const types = port.types.map((type) => `\`${type}\``).join(' or ');
  const needed = `${port.optional ? 'optional' : 'required'}${port.list ? ', one or a list' : ''}`;
  return [`\`${name}\``, types, needed, pathText(port.path), port.description];
}

function outputRow([port, { type, description }]: [string, OutputPort]): string[] {
  return [`\`${port}\``, `\`${type}\``, description];
}

function pathText(path: PathInput | undefined): string {
  if (path === undefined) return 'no';
  return path.kind === 'files' ? 'a file, a folder or a glob' : `a ${path.kind}`;
}

function keyNote({ usesSeed, usesEngine, version }: StageDefinition): string {
  const seed = typeof usesSeed === 'function' ? 'the seed where something is drawn' : usesSeed && 'the seed';
  const extra = [seed, usesEngine && 'the engine'].filter(Boolean).join(' and ');
  return `Version ${version}. A change of settings, inputs or code reruns the stage${extra ? `; so does a change of ${extra}` : ''}.`;
}
