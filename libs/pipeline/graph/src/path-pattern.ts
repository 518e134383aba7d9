import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';
import { createContext, Script } from 'node:vm';
import picomatch from 'picomatch';

/** What a pattern takes of a folder. Names are relative to it, with `/`. */
export interface PathPattern {
  /** It stands for a whole folder. */
  readonly isEverything: boolean;
  readonly takesFile: (name: string) => boolean;
  /**
   * Whether files that it takes may lie in the folder of this name. `expected`: the pattern has a part for this very folder,
   * which may then be a link.
   */
  readonly entersFolder: (name: string) => 'no' | 'yes' | 'expected';
}

/** What a system, an editor or an archiver of another system leaves beside the files that a person puts there. */
const LEFTOVER =
  /~$|^~\$|^#.*#$|^(Thumbs\.db|desktop\.ini|__MACOSX|@eaDir|\$RECYCLE\.BIN|System Volume Information|lost\+found)$/is;

/** Names may hold line breaks, a name that begins with `!` is none that is left out, and `[!a]` is what it is in a shell. */
const OPTIONS: picomatch.PicomatchOptions = { flags: 's', nonegate: true, posix: true };

/** What a whole folder is: everything below it that is not hidden. */
export const EVERYTHING = '**';

/**
 * Reads a pattern: `*`, `?`, `**`, `[…]`, `{…}` and `@(…)`. Hidden files and folders, whose names begin with a dot, are
 * taken where the pattern has that dot; leftovers of systems and editors never.
 */
export function readPattern(pattern: string): PathPattern {
  const parts = pattern.split('/');
  const deep = parts.findIndex((part) => part.includes('**') || isTorn(part));
  const own = deep === -1 ? parts.slice(0, -1) : parts.slice(0, Math.min(deep, parts.length - 1));
  const expected = own.map((_, at) => matcher(own.slice(0, at + 1).join('/')));
  const takesHidden = /(^|[/{(,|])\\?\.(?![./])/.test(pattern);
  const isLeftOut = (name: string) => LEFTOVER.test(name) || (!takesHidden && name.startsWith('.'));
  const isMatch = matcher(pattern);
  return {
    isEverything: pattern === EVERYTHING,
    takesFile: (name) => !isLeftOut(lastPart(name)) && isMatch(name),
    entersFolder: (name) => {
      const depth = name.split('/').length;
      if (isLeftOut(lastPart(name))) return 'no';
      if (depth <= own.length) return expected[depth - 1]?.(name) ? 'expected' : 'no';
      return deep === -1 ? 'no' : 'yes';
    },
  };
}

/** Parts of a pattern that stand for any number of characters; with more of them, some names take time that doubles with each. */
const MOST_REPEATING = 3;
const MILLISECONDS_PER_NAME = 1000;
const MATCH = new Script('isMatch(name)');

/** @throws Error for a name that cannot be compared in reasonable time */
function matcher(pattern: string): (name: string) => boolean {
  const isMatch = picomatch(pattern, OPTIONS);
  const repeating = pattern.match(/\*+|[+!?@]\(/g) ?? [];
  if (repeating.length <= MOST_REPEATING) return isMatch;
  const context = createContext({ isMatch, name: '' });
  return (name) => {
    context['name'] = name;
    try {
      return MATCH.runInContext(context, { timeout: MILLISECONDS_PER_NAME }) as boolean;
    } catch (cause) {
      const problem = `its pattern takes too long to compare with the name ${JSON.stringify(name)}. Use fewer "*"`;
      throw new Error(problem, { cause });
    }
  };
}

export function isPattern(text: string): boolean {
  const { isGlob, isBrace, isBracket, isExtglob, isGlobstar } = picomatch.scan(text, { ...OPTIONS, scanToEnd: true });
  return [isGlob, isBrace, isBracket, isExtglob, isGlobstar].some(Boolean);
}

/**
 * Divides an absolute path into the folder that it begins with and the pattern after it. Every part that is there under
 * just this name is literal, whatever characters it has: only what cannot be found is a pattern.
 */
export async function splitPattern(path: string): Promise<{ folder: string; pattern: string }> {
  let folder = parse(path).root;
  const parts = path.slice(folder.length).split(sep);
  for (; parts.length > 1; parts.shift()) {
    const next = await findFolder(folder, parts[0] as string);
    if (next === undefined) break;
    folder = next;
  }
  return { folder, pattern: parts.join('/') };
}

/** By its name, or by the one that is meant when characters of patterns in it are escaped. */
async function findFolder(parent: string, part: string): Promise<string | undefined> {
  const names = isPattern(part) ? [part] : [part, part.replaceAll(/\\(.)/gs, '$1')];
  for (const name of names) {
    const path = join(parent, name);
    const stats: Stats | undefined = await stat(path).catch(() => undefined);
    if (stats?.isDirectory()) return path;
  }
  return undefined;
}

/** Whether a brace or a bracket is open at its end: then the next `/` is inside. */
function isTorn(part: string): boolean {
  const bare = part.replaceAll(/\\./gs, '');
  return ['{}', '()', '[]'].some(
    ([open, close]) => bare.split(open as string).length !== bare.split(close as string).length,
  );
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
