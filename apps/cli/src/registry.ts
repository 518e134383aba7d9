import type { StageDefinition } from '@retort/plugin-kit';
import { augment } from '@retort/stage-augment';
import { corpus } from '@retort/stage-corpus';
import { evaluate } from '@retort/stage-evaluate';
import { exportModel } from '@retort/stage-export';
import { finetune } from '@retort/stage-finetune';
import { importModel } from '@retort/stage-import-model';
import { pretrain } from '@retort/stage-pretrain';
import { studentTrain } from '@retort/stage-student-train';
import { taskData } from '@retort/stage-task-data';
import { teacherForward } from '@retort/stage-teacher-forward';
import { tokenize } from '@retort/stage-tokenize';
import { trainTokenizer } from '@retort/stage-train-tokenizer';

const STAGES: readonly StageDefinition[] = [
  corpus,
  taskData,
  augment,
  trainTokenizer,
  importModel,
  tokenize,
  pretrain,
  finetune,
  teacherForward,
  studentTrain,
  evaluate,
  exportModel,
];

/** Every stage that a pipeline file can use, by its `uses`. Definitions only: no tensor library is loaded. */
export const registry: ReadonlyMap<string, StageDefinition> = new Map(STAGES.map((stage) => [stage.kind, stage]));
