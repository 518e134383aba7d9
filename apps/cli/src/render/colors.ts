import { inspect } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Marks up text for one stream, or leaves it alone where that stream shows no colours. */
export type Colors = Readonly<Record<Style, (text: string) => string>>;

export interface ColorTarget {
  readonly isTTY?: boolean;
}

const STYLES: readonly Style[] = ['bold', 'dim', 'red', 'green', 'yellow', 'cyan'];

/** Colours on a terminal, unless NO_COLOR or TERM=dumb says otherwise; FORCE_COLOR (not 0) turns them on anywhere. */
export function colorsFor(stream: ColorTarget, env: NodeJS.ProcessEnv): Colors {
  const enabled = wantsColors(stream, env);
  return Object.fromEntries(STYLES.map((style) => [style, enabled ? mark(style) : (text: string) => text])) as Colors;
}

function mark(style: Style): (text: string) => string {
  const [on, off] = inspect.colors[style] ?? [0, 0];
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}

function wantsColors(stream: ColorTarget, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}
