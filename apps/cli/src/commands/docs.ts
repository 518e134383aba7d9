import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import { EXTENSION_POINTS } from '@retort/foundation/extensions';
import { markdownOf, objectPage, type ReferencePage, stagePage, tableSection } from '@retort/pipeline-schema/reference';
import type { Plugin } from '@retort/plugin-kit';
import { builtins } from '../builtins.ts';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openPlugins } from '../registry.ts';
import { referenceText } from '../render/reference-text.ts';
import type { CommonOptions, Surroundings } from '../settings.ts';

export const DOCS_FORMATS = ['text', 'markdown'] as const;

interface DocsOptions extends CommonOptions {
  readonly format?: (typeof DOCS_FORMATS)[number];
}

/** A stage or another object that a plug-in brings, built in or not. */
interface Entry {
  readonly name: string;
  readonly description: string;
  /** `stages` or an extension point. */
  readonly among: string;
  readonly plugin: string;
  readonly page: () => ReferencePage;
}

/** Prints the reference of whatever has the name, of all that a plug-in of this name brings, or the list of everything. */
export async function docs(
  name: string | undefined,
  { format }: DocsOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const entries = entriesOf(await openPlugins(surroundings));
  const chosen = entries.filter((entry) => name === undefined || entry.name === name || entry.plugin === name);
  if (chosen.length === 0) {
    const names = entries.flatMap((entry) => [entry.name, entry.plugin]);
    const message = `No stage, object or plug-in is named ${JSON.stringify(name)}.${suggestion(name as string, [...new Set(names)])} For the list, type: retort docs`;
    throw new UsageError('DOCS_UNKNOWN_NAME', message);
  }
  const pages = name === undefined ? [indexPage(entries)] : chosen.map((entry) => withOrigin(entry));
  const documents = chosen.map(({ page, ...entry }) => ({
    ...entry,
    ...(name !== undefined && { sections: page().sections }),
  }));
  out.writeDocument({ entries: documents });
  const texts = pages.map((page) => (format === 'markdown' ? markdownOf(page) : referenceText(page, out.colors)));
  out.print(texts.join(format === 'markdown' ? '\n' : '\n\n').trimEnd());
  return EXIT.done;
}

function entriesOf(plugins: readonly Plugin[]): Entry[] {
  const stages = plugins.flatMap((plugin) => plugin.stages ?? []);
  const ofStages = plugins.flatMap((plugin) =>
    (plugin.stages ?? []).map((stage) => ({
      name: stage.kind,
      description: stage.description,
      among: 'stages',
      plugin: plugin.name,
      page: () => stagePage(stage),
    })),
  );
  const ofPoints = EXTENSION_POINTS.flatMap((point) =>
    plugins.flatMap((plugin) =>
      (plugin[point] ?? []).map((object) => ({
        name: object.name,
        description: object.description,
        among: point,
        plugin: plugin.name,
        page: () => objectPage(object, stages),
      })),
    ),
  );
  return [...ofStages, ...ofPoints];
}

function indexPage(entries: readonly Entry[]): ReferencePage {
  const among = [...new Set(entries.map((entry) => entry.among))];
  return {
    title: 'Reference',
    text: 'Everything that pipelines of this workspace can use. For a page of one, or of all that a plug-in brings: retort docs <name>',
    sections: among.map((each) =>
      tableSection(titleOf(each), {
        head: ['Name', 'From', 'What it is'],
        rows: entries
          .filter((entry) => entry.among === each)
          .map((entry) => [`\`${entry.name}\``, origin(entry), entry.description]),
      }),
    ),
  };
}

function withOrigin(entry: Entry): ReferencePage {
  const page = entry.page();
  const from = origin(entry) || 'built in';
  return { ...page, text: `${page.text}\n\n${titleOf(entry.among)}: ${from}.` };
}

function origin({ plugin }: Entry): string {
  return plugin === builtins.name ? '' : `plug-in ${plugin}`;
}

/** `lossTerms` -> `Loss terms`. */
function titleOf(among: string): string {
  const words = among.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
