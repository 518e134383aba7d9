import type { Schema } from '../schema.ts';
import { type ReferencePage, settingsSection, tableSection } from './page.ts';

/** The members of pipeline files, and the list of stages. */
export function pipelinePage(
  schema: Schema,
  stages: readonly { readonly name: string; readonly description: string }[],
): ReferencePage {
  return {
    title: 'Pipeline files',
    text: schema.description ?? '',
    sections: [
      settingsSection('Members', schema),
      tableSection('Stages', {
        head: ['`uses`', 'What it does'],
        rows: stages.map(({ name, description }) => [`[${name}](stages/${name}.md)`, description]),
      }),
    ],
  };
}
