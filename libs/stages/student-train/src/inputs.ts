import type { Task } from '@retort/foundation/task';
import {
  type Architecture,
  type Facts,
  type InputPort,
  inputLabel,
  type OfInputs,
  type SignalFacts,
} from '@retort/plugin-kit';

export const studentTrainInputs = {
  tokens: { types: ['tokens'], description: 'Tokens that the student reads' },
  signals: {
    types: ['signals'],
    description:
      "The teacher's stored answers on the same tokens, needed by every term except labels unless teacher is connected. With several teachers, the first leads and the logits of all are averaged",
    optional: true,
    list: true,
  },
  teacher: {
    types: ['model'],
    description: 'A teacher, or several, that answers batch by batch in evaluation mode, so nothing is stored',
    optional: true,
    list: true,
  },
  validation: {
    types: ['tokens'],
    description: 'Rows that are scored while training, to watch it and to keep the best weights',
    optional: true,
  },
  validationSignals: {
    types: ['signals'],
    description:
      "The teacher's stored answers on the validation rows. Needed for held-out losses, unless teacher is connected",
    optional: true,
    list: true,
  },
  student: { types: ['model'], description: 'A student to continue training, with its projections', optional: true },
  model: {
    types: ['model'],
    description: 'A model for the first weights of a new student, for student.initialize',
    optional: true,
  },
} as const satisfies Readonly<Record<string, InputPort>>;

export type StudentTrainInputs = OfInputs<typeof studentTrainInputs, Facts>;

/** What is known of one teacher before anything has run. */
export interface TeacherFacts {
  /** The input that it is connected to, and its place there. */
  readonly input: 'signals' | 'teacher';
  readonly at: number;
  readonly label: string;
  readonly architecture: Architecture | undefined;
  readonly task: Task | undefined;
  /** What is stored of its answers; undefined for one that is asked, and where it is not known. */
  readonly stored: SignalFacts | undefined;
}

/** The connected teachers, the leading one first. */
export function teachersOf(inputs: StudentTrainInputs): TeacherFacts[] {
  return (['signals', 'teacher'] as const).flatMap((input) =>
    (inputs[input] ?? []).map(({ architecture, signals, task }, at) => ({
      input,
      at,
      label: inputLabel(input, at),
      architecture: architecture ?? signals?.teacher,
      task,
      stored: signals,
    })),
  );
}

/** What the student learns: the task of the tokens, or of the teacher where the tokens are of none. */
export function learnedTask(inputs: StudentTrainInputs): Task | undefined {
  return inputs.tokens.task ?? teachersOf(inputs)[0]?.task;
}

/** The models that a new student can take its first weights from. */
export function copiedModels<Model>({
  teacher,
  model,
}: {
  readonly teacher?: readonly Model[];
  readonly model?: Model;
}) {
  return { teacher: teacher?.[0], model };
}
