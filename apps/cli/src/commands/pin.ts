import { suggestion, UsageError } from '@retort/foundation/diagnostics';
import type { RunManifest } from '@retort/pipeline-runner';
import { ArtifactStore, type Pin } from '@retort/store';
import type { Console } from '../console.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findRunOrCell } from '../find-columns.ts';
import { pinsText } from '../render/pins-text.ts';
import { type CommonOptions, existingStoreFolder, type Surroundings } from '../settings.ts';

interface PinOptions extends CommonOptions {
  readonly output?: string;
  readonly name?: string;
  readonly remove?: string;
  readonly list?: boolean;
}

/** Names a run, or one of its outputs, so that `gc` keeps it; removes such a name; or lists them. */
export async function pin(
  run: string | undefined,
  options: PinOptions,
  surroundings: Surroundings,
  out: Console,
): Promise<ExitCode> {
  refuseMixed(run, options);
  const store = new ArtifactStore(existingStoreFolder(options, surroundings));
  if (options.remove !== undefined) await remove(options.remove, store);
  else if (!options.list) await store.writePin(await describe(run, options, { store, cwd: surroundings.cwd }));
  const found = await store.readPins();
  const pins = [...found.values()].filter((each) => each !== undefined);
  out.writeDocument({ store: store.root, pins, damaged: [...found].flatMap(([name, each]) => (each ? [] : [name])) });
  out.print(pinsText(found, out.colors));
  return EXIT.done;
}

function refuseMixed(run: string | undefined, { output, name, remove, list }: PinOptions): void {
  const makes = run !== undefined || output !== undefined || name !== undefined;
  if ([makes, remove !== undefined, list === true].filter(Boolean).length > 1)
    throw new UsageError(
      'PIN_MIXED',
      'Make a pin, remove one (--remove) or list them (--list), but only one of these at a time.',
    );
}

async function describe(
  run: string | undefined,
  { output, name }: PinOptions,
  { store, cwd }: { store: ArtifactStore; cwd: string },
): Promise<Pin> {
  const { manifest, cell } = await findRunOrCell(run, store, cwd);
  const since = new Date().toISOString();
  if (output === undefined) {
    if (cell !== undefined) throw wholeCell(cell);
    return { name: name ?? manifest.run, since, target: { run: manifest.run } };
  }
  const target = { artifact: digestOf(output, manifest) };
  const made = [manifest.run, cell, output].filter((part) => part !== undefined).join('.');
  return { name: name ?? made.replaceAll(/[^\w.-]/g, '.'), since, target };
}

function wholeCell(cell: string): UsageError {
  const message = `A pin keeps a complete run or one output, not a cell. Leave out "@${cell}", or name an output of the cell with --output <stage.output>.`;
  return new UsageError('PIN_WHOLE_CELL', message);
}

/** Of `<stage>.<port>`. */
function digestOf(output: string, { run, stages }: RunManifest): string {
  const outputs = stages.flatMap(({ id, outputs: made }) =>
    Object.entries(made).map(([port, { digest }]) => [`${id}.${port}`, digest] as const),
  );
  const found = outputs.find(([each]) => each === output)?.[1];
  if (found !== undefined) return found;
  const known = outputs.map(([each]) => each);
  throw new UsageError(
    'PIN_UNKNOWN_OUTPUT',
    `Run ${run} has no output "${output}".${suggestion(output, known)} See: retort show ${run}`,
  );
}

async function remove(name: string, store: ArtifactStore): Promise<void> {
  if (await store.removePin(name)) return;
  const names = [...(await store.readPins()).keys()];
  throw new UsageError('PIN_UNKNOWN', `There is no pin "${name}".${suggestion(name, names)} See: retort pin --list`);
}
