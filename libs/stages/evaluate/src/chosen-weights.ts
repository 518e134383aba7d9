import type { StageContext } from '@retort/plugin-kit';
import { readHistory, type ValidationRecord } from '@retort/training';
import type { evaluate } from './index.ts';
import { type EvaluatedModel, MODEL_TITLES } from './models.ts';

/**
 * For the notes of a report: whose weights these rows chose while training, and whose other rows did. A score on rows that
 * chose the weights is too good.
 */
export async function chosenWeightsNotes(
  { inputs }: StageContext<typeof evaluate>,
  models: readonly EvaluatedModel[],
): Promise<string[]> {
  const chosen: { title: string; by: ValidationRecord }[] = [];
  for (const { input } of models) {
    const history = await readHistory((inputs[input] as { path: string }).path);
    for (const { validation } of history?.phases ?? [])
      if (validation && decided(validation)) chosen.push({ title: MODEL_TITLES[input], by: validation });
  }
  const isHere = ({ by }: (typeof chosen)[number]) => by.digest === inputs.tokens.digest;
  const [here, elsewhere] = [chosen.filter(isHere), chosen.filter((each) => !isHere(each))];
  const titles = (some: typeof chosen) => [...new Set(some.map(({ title }) => title))].join(', ');
  const most = (some: typeof chosen) => Math.max(...some.map(({ by }) => by.rows));
  return [
    ...(here.length > 0
      ? [
          `These rows also chose weights while training (${titles(here)}), so the scores of these models are too good. Score them on other rows.`,
        ]
      : []),
    ...(elsewhere.length > 0
      ? [
          `${most(elsewhere)} other rows chose weights while training (${titles(elsewhere)}). These rows only scored them.`,
        ]
      : []),
  ];
}

function decided({ keep, stoppedAt }: ValidationRecord): boolean {
  return keep === 'best' || stoppedAt !== undefined;
}
