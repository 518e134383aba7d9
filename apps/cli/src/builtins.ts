import { teacherSignals } from '@retort/distillation/signals';
import { lossKinds, lossTerms } from '@retort/distillation/terms';
import { modelFamilies } from '@retort/families/foreign-model';
import { definePlugin } from '@retort/plugin-kit';
import { exportFormats } from '@retort/stage-export';
import { taskFormats } from '@retort/stage-task-data';
import { metrics } from '@retort/training/metrics';
import { optimizers, schedules } from '@retort/training/settings';
import * as stages from './stages.ts';

/** Everything that is built in: the first plug-in. Loaded for planning, so that no tensor library is. */
export const builtins = definePlugin({
  name: 'retort',
  stages: Object.values(stages),
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
