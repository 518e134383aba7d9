import type { Extension } from '@retort/foundation/extensions';
import type { StageDefinition } from '@retort/plugin-kit';
import type { Schema } from '../schema.ts';
import { type ReferencePage, settingsSection, tableSection } from './page.ts';
import { settingRows } from './setting-rows.ts';

/** An object that extends stages: which of their settings take it, and its own settings. */
export function objectPage(object: Extension, stages: readonly StageDefinition[]): ReferencePage {
  const places = stages.flatMap((stage) => {
    const rows = settingRows(stage.configSchema as Schema);
    return rows.filter((row) => takes(row, object)).map((row) => ({ stage: stage.kind, row, rows }));
  });
  // Where it is a member, as a loss term is, the stage adds settings to its own.
  const member = places.find(({ row }) => isMember(row, object));
  const own = member?.rows
    .filter(({ path }) => path.startsWith(`${member.row.path}.`))
    .map((row) => ({ ...row, path: row.path.slice(member.row.path.length + 1) }));
  return {
    title: object.name,
    text: object.description,
    sections: [
      tableSection(
        'Where it is set',
        {
          head: ['Stage', 'Setting'],
          rows: places.map(({ stage, row }) => [`\`${stage}\``, `\`${row.path}\``]),
        },
        'No setting names it.',
      ),
      settingsSection('Settings', own ?? ((object.schema ?? {}) as Schema)),
    ],
  };
}

interface Row {
  readonly path: string;
  readonly description: string;
}

function takes(row: Row, object: Extension): boolean {
  return isMember(row, object) || row.description.split('\n').includes(`${object.name}: ${object.description}`);
}

function isMember({ path, description }: Row, object: Extension): boolean {
  return path.split('.').at(-1) === object.name && description.includes(object.description);
}
