import { type Diagnostic, shown } from '@retort/foundation/diagnostics';
import { LONGEST_TOKEN } from './added-tokens.ts';

/** Tokens of a `vocab.txt`: one a line, the line's number from 0 is the id. Each empty, repeated or endless line is a problem. */
export function parseVocabularyText(text: string, file: string): { tokens: string[] } | readonly Diagnostic[] {
  const tokens = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (tokens.at(-1) === '') tokens.pop();
  const problems =
    tokens.length === 0 ? [problem(file, undefined, 'The vocabulary is empty.')] : lineProblems(tokens, file);
  return problems.length > 0 ? problems.slice(0, 20) : { tokens };
}

export function formatVocabularyText(tokens: readonly string[]): string {
  return tokens.map((token) => `${token}\n`).join('');
}

function lineProblems(tokens: readonly string[], file: string): Diagnostic[] {
  const firstLine = new Map<string, number>();
  const problems: Diagnostic[] = [];
  tokens.forEach((token, id) => {
    const first = firstLine.get(token);
    if (token === '') problems.push(problem(file, id + 1, 'Expected one token on each line, got an empty line.'));
    else if (token.length > LONGEST_TOKEN)
      problems.push(
        problem(file, id + 1, `This token has ${token.length} characters, but at most ${LONGEST_TOKEN} are allowed.`),
      );
    else if (first !== undefined)
      problems.push(problem(file, id + 1, `The token ${shown(token)} is already on line ${first}.`));
    else firstLine.set(token, id + 1);
  });
  return problems;
}

function problem(file: string, line: number | undefined, message: string): Diagnostic {
  return { code: 'TOKENIZER_VOCABULARY', message, location: { file, ...(line !== undefined && { line }) } };
}
