import { type LayerMappingChoice, layerMappingProblems } from '@retort/distillation/layer-mapping';
import type { Architecture } from '@retort/families/geometry';
import type { SettingProblem } from '@retort/foundation/diagnostics';

/** Where a new student takes its first weights from, as a pipeline file says it. */
export interface StudentInitialization {
  /** Name of the input with the model. */
  readonly from: 'teacher' | 'model';
  readonly layers: 'uniform' | 'top' | 'bottom' | readonly number[];
}

export function initializationMapping({ layers }: StudentInitialization): LayerMappingChoice {
  return typeof layers === 'string' ? { kind: layers } : { kind: 'list', layers };
}

/** Why a student cannot start from layers of a model, all of it; `path` counts from the stage. Loads no tensor library. */
export function initializationProblems({
  initialize,
  student,
  source,
  segmentTypes,
  embeddingSize,
}: {
  initialize: StudentInitialization;
  student: Architecture;
  source: Architecture;
  segmentTypes: number | undefined;
  embeddingSize: number | undefined;
}): SettingProblem[] {
  const sizes = (['hiddenSize', 'heads', 'intermediateSize'] as const).flatMap((size) =>
    student[size] === source[size] ? [] : [differs(size, { student, source, initialize })],
  );
  const layers = layerMappingProblems({
    choice: initializationMapping(initialize),
    studentLayers: student.layers,
    teacherLayers: source.layers,
  }).map(({ code, message, path }) => ({
    code,
    message: `The student starts from layers of "${initialize.from}": ${message}`,
    path: ['with', 'student', 'initialize', 'layers', ...path.slice(1)],
  }));
  return [
    ...sizes,
    ...positionProblems({ student, source, initialize }),
    ...segmentProblems(initialize, segmentTypes),
    ...widthProblems(initialize, embeddingSize),
    ...layers,
  ];
}

interface Comparison {
  readonly initialize: StudentInitialization;
  readonly student: Architecture;
  readonly source: Architecture;
}

function differs(
  size: 'hiddenSize' | 'heads' | 'intermediateSize',
  { student, source, initialize }: Comparison,
): SettingProblem {
  return {
    code: 'INITIALIZE_GEOMETRY',
    path: ['with', 'student', size],
    message:
      `Copied layers must have the same sizes, but the student's ${size} is ${student[size]} and that of ` +
      `"${initialize.from}" is ${source[size]}. Set the student's ${size} to ${source[size]}, or remove "initialize".`,
  };
}

function positionProblems({ student, source, initialize }: Comparison): SettingProblem[] {
  if (student.maxPositions <= source.maxPositions) return [];
  const message =
    `The student has ${student.maxPositions} positions, but "${initialize.from}" only ${source.maxPositions}, so ` +
    `the others would have no weights. Give the student at most as many positions.`;
  return [{ code: 'INITIALIZE_GEOMETRY', path: ['with', 'student', 'maxPositions'], message }];
}

function segmentProblems({ from }: StudentInitialization, segmentTypes: number | undefined): SettingProblem[] {
  // With one, both segments of the student start like it.
  if (segmentTypes === undefined || segmentTypes <= 2) return [];
  const message = `A new student has 2 segment types, but "${from}" has ${segmentTypes} (type_vocab_size), so its embeddings do not fit. Remove "initialize".`;
  return [{ code: 'INITIALIZE_GEOMETRY', path: ['with', 'student', 'initialize', 'from'], message }];
}

function widthProblems({ from }: StudentInitialization, embeddingSize: number | undefined): SettingProblem[] {
  if (embeddingSize === undefined) return [];
  const message = `The embeddings of "${from}" have the width ${embeddingSize} (embedding_size) and are projected, which a new student does not support. Remove "initialize".`;
  return [{ code: 'INITIALIZE_GEOMETRY', path: ['with', 'student', 'initialize', 'from'], message }];
}
