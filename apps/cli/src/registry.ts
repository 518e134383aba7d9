import { evaluate } from '@retort/stage-evaluate';
import { finetune } from '@retort/stage-finetune';
import type { StageDefinition } from '@retort/stage-kit';
import { pretrain } from '@retort/stage-pretrain';
import { studentTrain } from '@retort/stage-student-train';
import { teacherForward } from '@retort/stage-teacher-forward';

const STAGES: readonly StageDefinition[] = [pretrain, finetune, teacherForward, studentTrain, evaluate];

/** Every stage that a pipeline file can use, by its `uses`. Definitions only: no tensor library is loaded. */
export const registry: ReadonlyMap<string, StageDefinition> = new Map(STAGES.map((stage) => [stage.kind, stage]));
