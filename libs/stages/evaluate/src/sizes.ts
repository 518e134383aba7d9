import type { ReportTable } from '@retort/plugin-kit';
import { type EvaluatedModel, MODEL_TITLES } from './models.ts';

/** Sizes as shipped: projections and heads of training are not counted. */
export function sizeTable(models: readonly EvaluatedModel[]): ReportTable {
  const teacher = models.find(({ input }) => input === 'teacher');
  return {
    title: 'Sizes',
    columns: [
      { key: 'model', title: 'model' },
      { key: 'geometry', title: 'layers x hidden' },
      { key: 'parameters', title: 'parameters', format: 'integer' },
      { key: 'bytes', title: 'float32', format: 'bytes' },
      ...(teacher ? [{ key: 'share', title: 'of the teacher', format: 'percent' } as const] : []),
    ],
    rows: models
      .filter(({ input }) => input !== 'initialStudent')
      .map(({ input, model: { config }, parameters }) => ({
        model: MODEL_TITLES[input],
        geometry: `${config.layers} x ${config.hiddenSize}`,
        parameters,
        bytes: parameters * 4,
        ...(teacher ? { share: parameters / teacher.parameters } : {}),
      })),
  };
}
