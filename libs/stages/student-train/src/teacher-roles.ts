import type { Task } from '@retort/foundation/task';
import type { Architecture, Facts, InputPort, SignalFacts } from '@retort/plugin-kit';

/** Ports have names, so that there is a last one; an ensemble rarely has more. */
const NUMBERS = ['', 2, 3, 4, 5, 6, 7, 8] as const;

type Numbered<Role extends string> = `${Role}${(typeof NUMBERS)[number]}`;

type OptionalPort = InputPort & { readonly optional: true };

/** Roles of teachers whose answers are stored, and of those that are asked batch by batch; the first one leads. */
export const SIGNALS_ROLES = numbered('signals');
export const TEACHER_ROLES = numbered('teacher');

/** `teacher`, `teacher2`, `teacher3`, … */
function numbered<Role extends string>(role: Role): readonly Numbered<Role>[] {
  return NUMBERS.map((number): Numbered<Role> => `${role}${number}`);
}

const FURTHER = 'of a further teacher, whose logits are averaged with those of the others';

/** Optional input ports of all teachers. */
export const teacherPorts: Readonly<Record<Numbered<'signals' | 'teacher'>, OptionalPort>> = {
  ...ports(SIGNALS_ROLES, { types: ['signals'], description: `The stored answers ${FURTHER}`, optional: true }),
  signals: {
    types: ['signals'],
    description:
      "The teacher's stored answers on the same tokens; needed by every term but labels, unless teacher is connected",
    optional: true,
  },
  ...ports(TEACHER_ROLES, { types: ['model'], description: `The model ${FURTHER}`, optional: true }),
  teacher: {
    types: ['model'],
    description: 'A teacher that is asked batch by batch, in evaluation mode; then nothing is stored',
    optional: true,
  },
};

function ports<Role extends string>(roles: readonly Role[], port: OptionalPort): Record<Role, OptionalPort> {
  return Object.fromEntries(roles.map((role) => [role, port])) as Record<Role, OptionalPort>;
}

/** What is known of one teacher before anything has run. */
export interface TeacherFacts {
  readonly role: string;
  readonly architecture: Architecture | undefined;
  readonly task: Task | undefined;
  /** What is stored of its answers; undefined for one that is asked. */
  readonly stored: SignalFacts | undefined;
}

/** The connected teachers, the leading one first. */
export function teachersOf(inputs: Readonly<Record<string, Facts>>): TeacherFacts[] {
  return [...SIGNALS_ROLES, ...TEACHER_ROLES].flatMap((role) => {
    const facts = inputs[role];
    if (facts === undefined) return [];
    const architecture = facts.architecture ?? facts.signals?.teacher;
    return [{ role, architecture, task: facts.task, stored: facts.signals }];
  });
}

/** What the student learns: the task of the tokens, or of the teacher where the tokens are of none. */
export function learnedTask(inputs: Readonly<Record<string, Facts>>): Task | undefined {
  return inputs.tokens?.task ?? teachersOf(inputs)[0]?.task;
}

export function isStoredRole(role: string): boolean {
  return SIGNALS_ROLES.some((each) => each === role);
}
