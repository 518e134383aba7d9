import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { editorSchema, type Schema } from '@retort/pipeline-schema';
import {
  markdownOf,
  pipelinePage,
  type ReferencePage,
  settingsSection,
  stagePage,
} from '@retort/pipeline-schema/reference';
import { GENERATED_BY } from './command.ts';
import { configType } from './config-type.ts';
import { errorPage } from './error-page.ts';
import { formatJson } from './format-json.ts';
import { packageReferences } from './package-references.ts';
import { findStages, type StageSource } from './stage-sources.ts';

export interface GeneratedFile {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Everything that is generated, in memory. `problems`: stages whose schema or definition could not be read. */
export async function generatedFiles(root: string): Promise<{ files: GeneratedFile[]; problems: string[] }> {
  const envelope = JSON.parse(readFileSync(join(root, 'libs/pipeline/schema/pipeline.schema.json'), 'utf8')) as Schema;
  const { stages, problems } = await findStages(root);
  const config = JSON.parse(
    readFileSync(join(root, 'libs/pipeline/schema/retort-config.schema.json'), 'utf8'),
  ) as Schema;
  const files: GeneratedFile[] = [
    { path: 'libs/pipeline/schema/src/config.generated.ts', text: await configType(config, 'RetortConfig') },
    {
      path: 'schemas/retort-config.schema.json',
      text: formatJson(root, 'schemas/retort-config.schema.json', config),
    },
    { path: 'libs/pipeline/schema/src/document.generated.ts', text: await configType(envelope, 'PipelineDocument') },
    {
      path: 'schemas/pipeline.schema.json',
      text: formatJson(root, 'schemas/pipeline.schema.json', editorSchema(stages, GENERATED_BY)),
    },
    { path: 'docs/reference/errors.md', text: errorPage(root) },
    { path: 'docs/reference/pipeline.md', text: pageText(pipelinePage(envelope, stages.map(summary))) },
  ];
  for (const stage of stages) files.push(...(await stageFiles(stage)));
  files.push(...packageReferences(root));
  return { files, problems };
}

async function stageFiles(stage: StageSource): Promise<GeneratedFile[]> {
  return [
    {
      path: `${stage.folder}/src/config.generated.ts`,
      text: await configType(stage.schema, configTypeName(stage.name)),
    },
    { path: `docs/reference/stages/${stage.name}.md`, text: pageText(pageOf(stage)) },
  ];
}

function summary({ name, schema, definition }: StageSource): { name: string; description: string } {
  return { name, description: definition?.description ?? schema.description ?? '' };
}

/** Of a stage whose definition cannot be loaded, the settings alone. */
function pageOf(stage: StageSource): ReferencePage {
  const { definition, schema } = stage;
  if (definition !== undefined) return stagePage(definition);
  const { name: title, description: text } = summary(stage);
  return { title, text, sections: [settingsSection('Settings (`with`)', schema)] };
}

function pageText(page: ReferencePage): string {
  return `<!-- ${GENERATED_BY} -->\n\n${markdownOf(page)}`;
}

/** `student-train` -> `StudentTrainConfig`. */
function configTypeName(stage: string): string {
  const words = stage.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Config`;
}
