export { answersProgram, askModel } from './asked-model.ts';
export { averagedTeachers } from './averaged-teachers.ts';
export {
  type DistillationSetup,
  distillationProgram,
  distillationTerms,
  teacherInputs,
} from './distillation-program.ts';
export { type AnswerSample, int8ErrorOf, int8Metrics, int8Warnings, sampleAnswers } from './int8-error.ts';
export { lossScorer } from './loss-scorer.ts';
export { inputOf, modelOutputs } from './model-outputs.ts';
export { onlineTeacher } from './online-teacher.ts';
export { scheduleInputs } from './schedule-inputs.ts';
export { readAnswers, signalColumns } from './stored-answers.ts';
export { storedTeacher } from './stored-teacher.ts';
export { type DistillationRecord, loadStudent, saveStudent, startingProjections } from './student-folder.ts';
export type { AnswersOf, AskOptions, Teacher, TeacherAnswers } from './teacher.ts';
export { checkSignals, openTeacherSignals } from './teacher-signals.ts';
export { unpad } from './unpad.ts';
