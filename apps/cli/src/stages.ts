// Every stage that is built in: the packages' light definitions.
export { augment } from '@retort/stage-augment';
export { corpus } from '@retort/stage-corpus';
export { evaluate } from '@retort/stage-evaluate';
export { exportModel } from '@retort/stage-export';
export { finetune } from '@retort/stage-finetune';
export { importModel } from '@retort/stage-import-model';
export { pretrain } from '@retort/stage-pretrain';
export { studentTrain } from '@retort/stage-student-train';
export { taskData } from '@retort/stage-task-data';
export { teacherForward } from '@retort/stage-teacher-forward';
export { tokenize } from '@retort/stage-tokenize';
export { trainTokenizer } from '@retort/stage-train-tokenizer';
