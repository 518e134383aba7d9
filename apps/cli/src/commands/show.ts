import type { RunManifest } from '@retort/pipeline-runner';
import { ArtifactStore } from '@retort/store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRunOrCell } from '../find-columns.ts';
import { readManifest } from '../find-run.ts';
import { reportTexts } from '../read-reports.ts';
import { manifestText, runListText } from '../render/manifest-text.ts';
import { isManyCells, matrixText } from '../render/matrix-text.ts';
import { type CommonOptions, existingStoreFolder, type Surroundings } from '../settings.ts';

interface ShowOptions extends CommonOptions {
  readonly list?: boolean;
}

/** Shows one run or one cell of it, the last run by default, or lists all. */
export async function show(
  run: string | undefined,
  options: ShowOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const store = new ArtifactStore(existingStoreFolder(options, surroundings));
  return options.list ? listRuns(store, out) : showRun(run, store, surroundings, out);
}

async function listRuns(store: ArtifactStore, out: Console): Promise<ExitCode> {
  const ids = await store.listRuns();
  const manifests = (await Promise.all(ids.map((id) => readManifest(store, id)))).filter((each) => each !== undefined);
  if (manifests.length < ids.length)
    out.remark(`${ids.length - manifests.length} more without a readable manifest. See: retort verify --dry-run`);
  const runs = manifests.map(({ run, pipeline, status, startedAt, seconds }) => ({
    run,
    pipeline: pipeline.name,
    status,
    startedAt,
    seconds,
  }));
  out.writeDocument({ runs });
  out.print(runListText(manifests, out.colors));
  return EXIT.done;
}

async function showRun(
  wanted: string | undefined,
  store: ArtifactStore,
  { cwd }: Surroundings,
  out: Console,
): Promise<ExitCode> {
  const { manifest } = await findRunOrCell(wanted, store, cwd);
  out.writeDocument(manifest);
  const folders = isManyCells(manifest.matrix) ? [] : await reportFolders(manifest, store);
  const reports = await reportTexts(folders, out.colors);
  const matrix = manifest.matrix === undefined ? [] : [matrixText(manifest.matrix, out.colors)];
  out.print([manifestText(manifest, out.colors), ...matrix, ...reports].join('\n\n'));
  return EXIT.done;
}

/** Folders of the reports of the run's own stages that are still stored. */
async function reportFolders({ stages }: RunManifest, store: ArtifactStore): Promise<string[]> {
  const own = stages.filter(({ id }) => !id.includes('#'));
  const digests = own.flatMap(({ outputs }) => Object.values(outputs).map(({ digest }) => digest));
  const listings = await Promise.all(
    digests.map(async (digest) => ({ digest, listing: await store.listArtifact(digest) })),
  );
  return listings
    .filter(({ listing }) => listing?.some(({ name }) => name === 'report.json'))
    .map(({ digest }) => store.artifactPath(digest));
}
