import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineGraph } from '@retort/pipeline-graph';
import type { StageSummary } from '@retort/pipeline-runner';
import type { Report } from '@retort/plugin-kit';
import type { ArtifactStore } from '@retort/store';
import type { Colors } from './render/colors.ts';
import { reportText } from './render/report-text.ts';

/** The reports that the stages of this pipeline wrote, not those of pipelines it refers to, each as text. */
export async function reportsText(
  { stages }: PipelineGraph,
  summaries: readonly StageSummary[],
  store: ArtifactStore,
  colors: Colors,
): Promise<string[]> {
  const own = stages.filter(({ id }) => !id.includes('#'));
  const digests = own.flatMap(({ id, outputs }) => {
    const summary = summaries.find((each) => each.id === id);
    const ports = Object.keys(outputs).filter((port) => outputs[port]?.type === 'report');
    return ports.flatMap((port) => summary?.outputs[port]?.digest ?? []);
  });
  return reportTexts(
    digests.map((digest) => store.artifactPath(digest)),
    colors,
  );
}

/** The reports in artifacts' folders, each as text; those that say nothing are left out. */
export async function reportTexts(folders: readonly string[], colors: Colors): Promise<string[]> {
  const texts = await Promise.all(folders.map(async (folder) => reportText(await readReport(folder), colors)));
  return texts.filter((text) => text !== undefined);
}

/** The report in an artifact's folder. */
export async function readReport(folder: string): Promise<Report> {
  return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as Report;
}
