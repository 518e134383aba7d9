import { resolveLayerMapping } from '@retort/distillation/layer-mapping';
import { type Answer, hasPositions, layersOf, type TeacherSignal, teacherSignals } from '@retort/distillation/signals';
import type { TeacherForwardConfig } from './config.generated.ts';

type Choice = boolean | 'none' | 'mapped' | 'last' | 'all' | undefined;

function choiceOf({ store }: TeacherForwardConfig, { name }: TeacherSignal): Choice {
  return (store as unknown as Readonly<Record<string, Choice>>)[name];
}

/** The signals of which something is stored. */
export function storedSignals(config: TeacherForwardConfig): TeacherSignal[] {
  return teacherSignals.all().filter((signal) => {
    const choice = choiceOf(config, signal);
    return choice !== undefined && choice !== false && choice !== 'none';
  });
}

/** Whether the layer mapping decides what is stored. */
export function storesMapped(config: TeacherForwardConfig): boolean {
  return storedSignals(config).some((signal) => choiceOf(config, signal) === 'mapped');
}

/** The answers to store, in the order of the table's columns: those of whole rows first. */
export function storedAnswers(config: TeacherForwardConfig, teacherLayers: number): Answer[] {
  const mapping = storesMapped(config)
    ? resolveLayerMapping({
        choice: config.layerMapping,
        studentLayers: config.studentLayers as number,
        teacherLayers,
      })
    : [];
  const inOrder = storedSignals(config).sort((a, b) => Number(hasPositions(a)) - Number(hasPositions(b)));
  return inOrder.flatMap((signal): Answer[] => {
    if (signal.firstLayer === undefined) return [{ signal }];
    const choice = choiceOf(config, signal);
    const isWanted = (layer: number) =>
      choice === 'all' || (choice === 'last' ? layer === teacherLayers : mapping.includes(layer));
    return layersOf(signal, teacherLayers)
      .filter(isWanted)
      .map((layer) => ({ signal, layer }));
  });
}

/** Settings of `store`, one for each signal. What a plug-in adds has no default, so that a pipeline without it stays as it is. */
export function storeSettings(): Readonly<Record<string, object>> {
  return Object.fromEntries(teacherSignals.all().map((signal) => [signal.name, storeSetting(signal)]));
}

function storeSetting(signal: TeacherSignal): object {
  const isBuiltIn = teacherSignals.builtIn.includes(signal);
  const { description } = signal;
  if (signal.firstLayer === undefined)
    return { description: `Store this: ${description}`, type: 'boolean', ...(isBuiltIn && { default: false }) };
  return {
    description: `Which layers to store. ${description} mapped: those that the student's layers learn from, and layer 0. last: only the last layer. all: every layer.`,
    enum: ['none', 'mapped', 'last', 'all'],
    ...(isBuiltIn && { default: 'none' }),
  };
}
