import { createHash, type Hash } from 'node:crypto';
import { isDecimal, isFraction } from '@retort/stage-task-data/labels';
import type { ScannedRow } from '@retort/stage-task-data/tables';
import { type ColumnProfile, MOST_CLASSES } from './table-profile.ts';

const SHOWN_EXAMPLES = 3;
const SHOWN_CHARACTERS = 24;
const MOST_WORDS = 8;

/** Takes the rows of a table one by one, and says what is in each column. Its memory does not grow with rows. */
export class Profiler {
  rows = 0;
  hasWiderRows = false;
  /** By occurrence and name, in the order of the table: two columns of one name are two columns. */
  readonly #columns = new Map<string, Column>();
  #firstLine = 0;

  add({ line, names, values }: Exclude<ScannedRow, { problem: object }>): void {
    if (this.rows++ === 0) this.#firstLine = line;
    this.hasWiderRows ||= values.length > names.length;
    // A row of a text table that is too short is refused by who reads it, in its own words.
    const seen = new Map<string, number>();
    values.slice(0, names.length).forEach((value, i) => {
      const name = names[i] as string;
      const occurrence = seen.get(name) ?? 0;
      seen.set(name, occurrence + 1);
      this.#column(name, occurrence).add(line, value);
    });
  }

  /** @param mayLack  rows may be without a column, as JSON objects are without a member: they have nothing there */
  columns(mayLack: boolean): ColumnProfile[] {
    const rows = mayLack ? this.rows : 0;
    return [...this.#columns.values()].map((column) => column.profile(rows, this.#firstLine));
  }

  #column(name: string, occurrence: number): Column {
    const key = `${occurrence} ${name}`;
    const column = this.#columns.get(key) ?? new Column(name);
    this.#columns.set(key, column);
    return column;
  }
}

class Column {
  readonly name: string;
  #values: Map<string, number> | undefined = new Map();
  readonly #words = new Set<string>();
  readonly #range: [number, number] = [Infinity, -Infinity];
  #hasText = false;
  #characters = 0;
  #firstEmptyLine: number | undefined;
  readonly #rowsOf = { values: 0, lists: 0, others: 0, nothing: 0 };
  readonly #examples: string[] = [];
  readonly #lists = new Lists();

  constructor(name: string) {
    this.name = name;
  }

  add(line: number, value: unknown): void {
    const kind = kindOf(value);
    this.#rowsOf[kind]++;
    if (kind === 'nothing') this.#firstEmptyLine ??= line;
    if (kind === 'values' || kind === 'nothing') this.#addScalar(value);
    if (kind !== 'lists') return;
    const items = value as readonly unknown[];
    this.#lists.add(items);
    for (const item of items) this.#addScalar(item);
  }

  #addScalar(value: unknown): void {
    const text = String(value ?? '').trim();
    this.#hasText ||= typeof value === 'string' && text !== '';
    this.#characters += text.length;
    const isNumber = typeof value !== 'boolean' && isDecimal(text);
    if (!isNumber && text !== '' && this.#words.size < MOST_WORDS) this.#words.add(text);
    if (isNumber) {
      this.#range[0] = Math.min(this.#range[0], Number(text));
      this.#range[1] = Math.max(this.#range[1], Number(text));
    }
    this.#values?.set(text, (this.#values.get(text) ?? 0) + 1);
    if ((this.#values?.size ?? 0) > MOST_CLASSES) this.#values = undefined;
    if (this.#examples.length === SHOWN_EXAMPLES || this.#examples.includes(text) || text === '') return;
    this.#examples.push(text);
  }

  /** @param rows  that there are at least */
  profile(rows: number, firstLine: number): ColumnProfile {
    const { values, lists, others, nothing } = this.#rowsOf;
    const isAbsent = values + lists + others + nothing < rows;
    const firstEmptyLine = this.#firstEmptyLine ?? (isAbsent ? firstLine : undefined);
    const holds = others > 0 || (lists > 0 && values > 0) ? 'others' : lists > 0 ? 'lists' : 'values';
    return {
      name: this.name,
      holds,
      ...(this.#values !== undefined && { values: [...this.#values] }),
      words: [...this.#words],
      ...(this.#range[0] <= this.#range[1] && { range: this.#range }),
      hasText: this.#hasText,
      meanCharacters: this.#characters / Math.max(1, values + lists),
      ...(firstEmptyLine !== undefined && { firstEmptyLine }),
      examples: this.#examples.map((text) =>
        text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text,
      ),
      ...(holds === 'lists' && { lists: this.#lists.profile() }),
    };
  }
}

class Lists {
  readonly #lengths: Hash = createHash('sha256');
  #length: number | undefined;
  #differ = false;
  #areFlags = true;
  #fractions: string | undefined;

  add(items: readonly unknown[]): void {
    this.#lengths.update(`${items.length},`);
    this.#differ ||= items.length !== (this.#length ??= items.length);
    this.#areFlags &&= items.every((item) => /^(0|1|true|false)$/i.test(String(item)));
    if (items.some(isFraction)) this.#fractions ??= JSON.stringify(items).slice(0, SHOWN_CHARACTERS);
  }

  profile(): NonNullable<ColumnProfile['lists']> {
    return {
      ...(!this.#differ && this.#length !== undefined && { length: this.#length }),
      areFlags: this.#areFlags,
      ...(this.#fractions !== undefined && { fractions: this.#fractions }),
      lengths: this.#lengths.digest('hex'),
    };
  }
}

function kindOf(value: unknown): 'values' | 'lists' | 'others' | 'nothing' {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return value.trim() === '' ? 'nothing' : 'values';
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return 'values';
  return Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null) ? 'lists' : 'others';
}
