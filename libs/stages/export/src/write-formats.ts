import type { OnnxGraph } from '@retort/engine/export';
import type { StageContext } from '@retort/plugin-kit';
import { exportFormats } from './formats.ts';
import { shippedGraph } from './forward.ts';
import type { exportModel } from './index.ts';
import type { Source, WrittenFormat } from './source.ts';

/** Writes every format that was asked for, and opens each again from its files. */
export async function writeFormats(
  context: StageContext<typeof exportModel>,
  source: Source,
): Promise<WrittenFormat[]> {
  const { config, inputs, outputs, engine, threads } = context;
  const formats: WrittenFormat[] = [];
  let recorded: Promise<OnnxGraph> | undefined;
  const graph = () => {
    recorded ??= shippedGraph(source.model);
    return recorded;
  };
  for (const [done, name] of config.formats.entries()) {
    context.throwIfInterrupted();
    context.progress({ done, total: config.formats.length, unit: 'formats' });
    const format = exportFormats.get(name);
    const folder = outputs[name]?.path;
    if (folder === undefined) continue;
    const settings = config.options?.[name] ?? {};
    await format.write({ source, folder, settings, graph, card: config.card, evaluation: inputs.evaluation });
    formats.push({ format, folder, ...(await format.open(folder, { engine, threads })) });
  }
  return formats;
}
