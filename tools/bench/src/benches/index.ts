import type { Bench } from '../bench.ts';
import { generalDistillation } from '../peers/general-distillation.ts';
import { studentStepBesidePyTorch } from '../peers/student-step.ts';
import { teacherPassBesidePyTorch } from '../peers/teacher-pass.ts';
import { wholeJob, wholeJobAsPublished } from '../peers/whole-job.ts';
import { augment } from './augment.ts';
import { coldStart } from './cold-start.ts';
import { planner } from './planner.ts';
import { stageMemory } from './stage-memory.ts';
import { studentStep } from './student-step.ts';
import { teacherPass } from './teacher-pass.ts';
import { teacherSignals } from './teacher-signals.ts';
import { tokenize } from './tokenize.ts';

/** In the order in which they run and are shown. */
export const BENCHES: readonly Bench[] = [
  { name: 'tokenize', description: 'Text to token ids', measure: tokenize },
  { name: 'augment', description: 'Sentences to copies with words replaced', measure: augment },
  { name: 'teacher-signals', description: 'Teacher signals to disk and back', measure: teacherSignals },
  { name: 'student-step', description: 'One training step of the student', measure: studentStep },
  { name: 'teacher-pass', description: 'One forward pass of the teacher', measure: teacherPass },
  { name: 'planner', description: 'Planning a large pipeline', measure: planner },
  { name: 'cold-start', description: 'The command, from typing it to its end', measure: coldStart },
  { name: 'stage-memory', description: 'Peak resident memory of each stage', measure: stageMemory },
];

/** Beside PyTorch, which is installed for them: on demand only. */
export const PEER_BENCHES: readonly Bench[] = [
  {
    name: 'student-step',
    description: 'One training step of the student, beside PyTorch',
    measure: studentStepBesidePyTorch,
  },
  {
    name: 'teacher-pass',
    description: 'One forward pass of the teacher, beside PyTorch',
    measure: teacherPassBesidePyTorch,
  },
  {
    name: 'whole-job',
    description: 'Teacher to evaluated student on SST-2, beside a careful PyTorch loop',
    measure: wholeJob,
  },
  {
    name: 'whole-job-published',
    description: 'The same with 10 + 3 epochs',
    measure: wholeJobAsPublished,
  },
  {
    name: 'general-distillation',
    description: 'General distillation with the teacher online, beside PyTorch loops',
    measure: generalDistillation,
  },
];
