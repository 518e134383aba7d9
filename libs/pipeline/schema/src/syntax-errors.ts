import { type ParseError, printParseErrorCode } from 'jsonc-parser';

/** What was expected at the place of a syntax error; the reader sees the place beside it. */
export function syntaxMessage({ error, offset, length }: ParseError, text: string): string {
  const found = offset >= text.length ? 'the end of the file' : show(text.slice(offset, offset + Math.max(1, length)));
  switch (printParseErrorCode(error)) {
    case 'InvalidCommentToken':
      return 'Pipeline files are JSON without comments. Put the comment into a "description".';
    case 'PropertyNameExpected':
      return `Expected a member name in double quotes, got ${found}. JSON has no comma after the last member.`;
    case 'ValueExpected':
      return `Expected a value, got ${found}. JSON has no comma after the last value of a list.`;
    case 'InvalidSymbol':
      return `Expected a value, got ${found}. Put text in double quotes.`;
    case 'ColonExpected':
      return `Expected ":" after the member name, got ${found}.`;
    case 'CommaExpected':
      return `Expected "," before the next value, got ${found}.`;
    case 'CloseBraceExpected':
      return `Expected "}", got ${found}.`;
    case 'CloseBracketExpected':
      return `Expected "]", got ${found}.`;
    case 'EndOfFileExpected':
      return `Expected the end of the file, got ${found}. A pipeline file is one object.`;
    case 'UnexpectedEndOfString':
      return `The text ${found} has no closing double quote on its line.`;
    case 'InvalidEscapeCharacter':
    case 'InvalidUnicode':
      return `The text ${found} has an escape that JSON does not allow. Write a backslash as "\\\\".`;
    case 'InvalidCharacter':
      return `The text ${found} has a control character. Write it as an escape, such as "\\n" or "\\t".`;
    case 'InvalidNumberFormat':
    case 'UnexpectedEndOfNumber':
      return `${found} is not a valid JSON number.`;
    default:
      return `Expected JSON, got ${found}.`;
  }
}

function show(token: string): string {
  const line = token.split('\n')[0] ?? '';
  return `\`${line.length > 40 ? `${line.slice(0, 37)}...` : line}\``;
}
