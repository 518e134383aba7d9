import { isUtf8 } from 'node:buffer';
import {
  type Diagnostic,
  InvalidInputError,
  inWords,
  type SettingAdvice,
  theSetting,
} from '@retort/foundation/diagnostics';
import { firstInvalidByte } from './first-invalid-byte.ts';
import { openBytes, unreadable } from './open-bytes.ts';
import { otherEncoding } from './other-encoding.ts';

/** A line of a file: its text, or what is wrong with it. */
export type Line =
  | { readonly number: number; readonly text: string; readonly problem?: undefined }
  | { readonly number: number; readonly text?: undefined; readonly problem: Diagnostic };

export interface ReadLinesOptions {
  /** How messages call the file. */
  readonly label: string;
  /** A longer line is a problem, and is skipped. In bytes, without the line break. */
  readonly maxBytesPerLine: number;
  /** The setting that raises the limit. */
  readonly setting?: string;
}

/**
 * Lines of a UTF-8 text file, gzip'd or not (told by its first bytes), some thousand at a time; memory does not grow.
 *
 * Line breaks are `\n` or `\r\n`; a byte order mark at the start is taken off. Lines that are too long or not UTF-8 come as problems.
 *
 * @throws InvalidInputError DATA_UNREADABLE for a file that is not there, not readable, or a damaged gzip
 * @throws InvalidInputError DATA_ENCODING for a file that says itself, at its start, that it is no UTF-8
 */
export async function* readLines(path: string, options: ReadLinesOptions): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(options);
  try {
    for await (const chunk of openBytes(path, options.label)) yield splitter.push(chunk);
    yield splitter.end();
  } catch (error) {
    throw unreadable(options.label, error);
  }
}

const NEW_LINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts chunks into lines. Holds back at most one line, and not more of it than the limit. */
class LineSplitter {
  readonly #options: ReadLinesOptions;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #number = 0;
  #byteOffset = 0;

  constructor(options: ReadLinesOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): Line[] {
    if (this.#byteOffset + this.#heldBytes === 0) this.#refuseOther(chunk);
    const end = chunk.lastIndexOf(NEW_LINE);
    if (end === -1) {
      this.#hold(chunk);
      return [];
    }
    const first = chunk.indexOf(NEW_LINE);
    this.#hold(chunk.subarray(0, first));
    const lines = [this.#release()];
    for (let start = first + 1; start <= end; ) {
      const next = chunk.indexOf(NEW_LINE, start);
      lines.push(this.#line(chunk.subarray(start, next), next - start));
      start = next + 1;
    }
    this.#hold(chunk.subarray(end + 1));
    return lines;
  }

  end(): Line[] {
    return this.#heldBytes > 0 ? [this.#release()] : [];
  }

  #refuseOther(start: Buffer): void {
    const message = otherEncoding(start);
    const location = { file: this.#options.label };
    if (message !== undefined) throw new InvalidInputError([{ code: 'DATA_ENCODING', message, location }]);
  }

  #hold(part: Buffer): void {
    if (this.#heldBytes <= this.#options.maxBytesPerLine) this.#held.push(part);
    this.#heldBytes += part.length;
  }

  #release(): Line {
    const line = this.#line(Buffer.concat(this.#held), this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }

  /** `length` is that of the whole line, of which a too long one has only the start. */
  #line(bytes: Buffer, length: number): Line {
    const start = this.#byteOffset;
    this.#number += 1;
    this.#byteOffset += length + 1;
    if (length > this.#options.maxBytesPerLine) {
      const { setting } = this.#options;
      const advice = setting === undefined ? [] : [theSetting(setting)];
      const raise = advice.length === 0 ? '' : `, or raise ${inWords(advice)}`;
      return this.#problem(
        'DATA_ROW_TOO_LONG',
        `This line has ${length} bytes, but at most ${this.#options.maxBytesPerLine} are read. Check for a missing line break${raise}.`,
        advice,
      );
    }
    if (!isUtf8(bytes)) {
      const at = firstInvalidByte(bytes);
      const hex = (bytes[at] as number).toString(16).padStart(2, '0');
      return this.#problem(
        'DATA_ENCODING',
        `Expected UTF-8, got the byte 0x${hex} at offset ${start + at} of the file. Convert the file, for example with iconv -f latin1 -t utf-8.`,
      );
    }
    const trimmed = bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
    const text = trimmed.toString('utf8');
    return { number: this.#number, text: this.#number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text };
  }

  #problem(code: string, message: string, advice: readonly SettingAdvice[] = []): Line {
    const location = { file: this.#options.label, line: this.#number };
    return { number: this.#number, problem: { code, message, location, ...(advice.length > 0 && { advice }) } };
  }
}
