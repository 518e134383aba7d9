import { teacherSignals } from '@retort/distillation/signals';
import { lossKinds, lossTerms } from '@retort/distillation/terms';
import { modelFamilies } from '@retort/families/foreign-model';
import { definePlugin } from '@retort/plugin-kit';
import { augment } from '@retort/stage-augment';
import { corpus } from '@retort/stage-corpus';
import { evaluate } from '@retort/stage-evaluate';
import { exportFormats, exportModel } from '@retort/stage-export';
import { finetune } from '@retort/stage-finetune';
import { importModel } from '@retort/stage-import-model';
import { pretrain } from '@retort/stage-pretrain';
import { studentTrain } from '@retort/stage-student-train';
import { taskData, taskFormats } from '@retort/stage-task-data';
import { teacherForward } from '@retort/stage-teacher-forward';
import { tokenize } from '@retort/stage-tokenize';
import { trainTokenizer } from '@retort/stage-train-tokenizer';
import { metrics } from '@retort/training/metrics';
import { optimizers, schedules } from '@retort/training/settings';

/** Everything that is built in: the first plug-in. Loaded for planning, so that no tensor library is. */
export const builtins = definePlugin({
  name: 'retort',
  stages: [
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
  ],
  metrics: metrics.builtIn,
  modelFamilies: modelFamilies.builtIn,
  taskFormats: taskFormats.builtIn,
  exportFormats: exportFormats.builtIn,
  optimizers: optimizers.builtIn,
  schedules: schedules.builtIn,
  lossTerms: lossTerms.builtIn,
  lossKinds: lossKinds.builtIn,
  teacherSignals: teacherSignals.builtIn,
});
