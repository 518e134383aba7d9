import { RetortError } from '@retort/foundation/diagnostics';

/** The environment variable that orders a fault: `<point>`, `<point>:<pass>` or `<point>:<pass>:<signal>`. Only tests set it. */
export const FAULT_VARIABLE = 'RETORT_FAULT';

const SIGNALS = ['SIGKILL', 'SIGSTOP', 'SIGTERM', 'SIGINT'] as const;

export interface Fault {
  readonly point: string;
  /** At which pass through the point, counted in each process from 1. */
  readonly pass: number;
  /** What the process sends itself. */
  readonly signal: (typeof SIGNALS)[number];
}

/** @throws RetortError FAULT_NOT_UNDERSTOOD */
export function parseFault(text: string | undefined): Fault | undefined {
  if (text === undefined || text === '') return undefined;
  const [point = '', pass = '1', signal = 'SIGKILL', ...rest] = text.split(':');
  const known = SIGNALS.find((name) => name === signal);
  if (!/^[a-z]+(\.[a-z-]+)+$/.test(point) || !/^[1-9]\d{0,8}$/.test(pass) || known === undefined || rest.length > 0) {
    throw new RetortError(
      'FAULT_NOT_UNDERSTOOD',
      `${FAULT_VARIABLE} is ${JSON.stringify(text)}; expected <point>, <point>:<pass> or <point>:<pass>:<signal>, such as checkpoint.renamed:2, with a signal of ${SIGNALS.join(', ')}. It is for tests: unset it.`,
    );
  }
  return { point, pass: Number(pass), signal: known };
}
