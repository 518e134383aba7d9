/** A piece of a document. `line` counts from 1. */
export interface Excerpt {
  readonly text: string;
  readonly line: number;
}

/** A fenced block; `line` is that of its first line of code. */
export interface CodeBlock extends Excerpt {
  readonly language: string;
}

export interface MarkdownParts {
  /** Targets of links and images, as written. */
  readonly links: readonly Excerpt[];
  /** What stands between backticks. */
  readonly inlineCode: readonly Excerpt[];
  readonly codeBlocks: readonly CodeBlock[];
}

const FENCED = /^(?<indent> *)(?<fence>`{3,}|~{3,})(?<language>[^\s`]*).*\n(?<code>[^]*?)^ *\k<fence>[`~]* *$/gm;
/** May go on in the next line, but not over an empty one. */
const INLINE_CODE = /(?<!`)(`+)(?!`)((?:(?!\n\s*\n)[^])+?)(?<!`)\1(?!`)/g;
const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const LINK_DEFINITION = /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/gm;

/** The parts of a Markdown document that can be checked. A scanner for how our documents are written, not a full parser. */
export function markdownParts(markdown: string): MarkdownParts {
  const codeBlocks: CodeBlock[] = [];
  const prose = blank(markdown, FENCED, (match) => {
    const { language = '', code = '' } = match.groups ?? {};
    codeBlocks.push({ language, text: code, line: lineAt(markdown, match.index) + 1 });
  });
  const inlineCode: Excerpt[] = [];
  const withoutCode = blank(prose, INLINE_CODE, (match) => {
    inlineCode.push({ text: (match[2] as string).trim(), line: lineAt(prose, match.index) });
  });
  const links = [LINK, LINK_DEFINITION].flatMap((pattern) =>
    [...withoutCode.matchAll(pattern)].map((match) => ({
      text: match[1] as string,
      line: lineAt(withoutCode, match.index),
    })),
  );
  return { links, inlineCode, codeBlocks };
}

/** Reports every match and puts spaces in its place, so that positions and lines stay. */
function blank(text: string, pattern: RegExp, found: (match: RegExpExecArray) => void): string {
  let result = text;
  for (const match of text.matchAll(pattern)) {
    found(match);
    const end = match.index + match[0].length;
    result = result.slice(0, match.index) + match[0].replace(/[^\n]/g, ' ') + result.slice(end);
  }
  return result;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
