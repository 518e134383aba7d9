import { printableScreen } from '@retort/foundation/diagnostics';
import { type Colors, colorsFor } from './render/colors.ts';

/** Where a command prints. Standard output is for results, standard error for progress and problems. */
export interface Console {
  readonly env: NodeJS.ProcessEnv;
  readonly stderr: NodeJS.WriteStream;
  /** `--json`: standard output carries JSON alone, what is for people goes to standard error. */
  readonly json: boolean;
  /** Colours of the stream that people read results on. */
  readonly colors: Colors;
  readonly errorColors: Colors;
  /** A result for people: on standard output, or with `--json` on standard error. Ends the line. */
  readonly print: (text: string) => void;
  /** Progress or a remark, always on standard error. Ends the line. */
  readonly remark: (text: string) => void;
  /** The one JSON document of a command, on standard output. Does nothing without `--json`. */
  readonly writeDocument: (value: unknown) => void;
  /** One of several, on a line of its own. Does nothing without `--json`. */
  readonly writeJsonLine: (value: unknown) => void;
}

export function createConsole({ json }: { json: boolean }): Console {
  const { stdout, stderr, env } = process;
  const reading = json ? stderr : stdout;
  return {
    env,
    stderr,
    json,
    colors: colorsFor(reading, env),
    errorColors: colorsFor(stderr, env),
    print: (text) => void reading.write(`${printableScreen(text)}\n`),
    remark: (text) => void stderr.write(`${printableScreen(text)}\n`),
    writeDocument: (value) => void (json && stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)),
    writeJsonLine: (value) => void (json && stdout.write(`${JSON.stringify(value)}\n`)),
  };
}
