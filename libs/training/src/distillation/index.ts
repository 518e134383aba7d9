export {
  type DistillationSetup,
  distillationProgram,
  distillationTerms,
  usesClassifier,
} from './distillation-program.ts';
export { padSignals } from './signal-batch.ts';
export { checkSignals, openTeacherSignals } from './teacher-signals.ts';
export { type DistillationRecord, loadStudent, saveStudent, startingProjections } from './student-folder.ts';
