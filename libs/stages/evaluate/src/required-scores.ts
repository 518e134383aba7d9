import { cp } from 'node:fs/promises';
import { StageError } from '@retort/diagnostics';
import type { InputArtifact, OutputArtifact, StageContext } from '@retort/stage-kit';
import type { EvaluateConfig } from './config.generated.ts';
import { GATED_ROLES } from './gated-roles.ts';
import { ROLE_TITLES } from './models.ts';
import type { TaskScores } from './task-scores.ts';

type Context = StageContext<EvaluateConfig>;

/** @throws StageError SCORE_TOO_LOW naming every model that scores less than `require` wants */
export function checkRequiredScores({ config }: Context, { metrics, primary }: TaskScores, rows: number): void {
  const { name, title, format } = primary;
  const show = (value: number) => (format === 'percent' ? `${(value * 100).toFixed(1)} %` : value.toFixed(3));
  const low = GATED_ROLES.flatMap((role) => {
    const wanted = config.require[role];
    const score = metrics[`${role}.${name}`];
    if (wanted === undefined || (score !== undefined && score >= wanted)) return [];
    const got = score === undefined ? 'no value' : show(score);
    return [
      `The ${ROLE_TITLES[role]} has ${got} ${title} on ${rows} rows; "require.${role}" wants at least ${show(wanted)}.`,
    ];
  });
  if (low.length === 0) return;
  const advice = 'Check that it was trained on this task with these labels, train it for longer, or lower the floor.';
  throw new StageError('SCORE_TOO_LOW', `${low.join(' ')} ${advice}`);
}

/** A model that has passed goes on as an output of its own, file by file the same, for stages that must wait for that. */
export async function passModelsOn({ config, inputs, outputs }: Context): Promise<void> {
  for (const role of GATED_ROLES) {
    if (config.require[role] === undefined) continue;
    await cp((inputs[role] as InputArtifact).path, (outputs[role] as OutputArtifact).path, { recursive: true });
  }
}
