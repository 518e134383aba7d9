import type { DiagnosticLocation } from '@retort/foundation/diagnostics';
import { type JsonPath, toPointer } from './json-path.ts';
import type { JsonSource } from './json-source.ts';

interface OverriddenPlace {
  readonly location: DiagnosticLocation;
  /** Absolute; undefined for the command line. */
  readonly writtenIn: string | undefined;
  /** Overrides count up: of two that hold a value, the later one decided it. */
  readonly order: number;
}

/**
 * Where each value of the document came from: the file or one that it extends, a variant or the matrix in it, or a `--set`.
 *
 * A place never claims more than is known: for a member that is nowhere written it is the place of the nearest value around it.
 */
export class Places {
  readonly #source: JsonSource;
  readonly #overrides = new Map<string, OverriddenPlace>();

  #count = 0;

  constructor(source: JsonSource) {
    this.#source = source;
  }

  /** The value at `path`, and everything inside it, now comes from `location`. */
  override(path: JsonPath, location: DiagnosticLocation, writtenIn: string | undefined): void {
    this.#overrides.set(toPointer(path), { location, writtenIn, order: this.#count++ });
  }

  locate(path: JsonPath, what: 'value' | 'name' = 'value'): DiagnosticLocation {
    return this.#overrideOf(path)?.location ?? this.locateInFile(path, what);
  }

  /** A place in the file itself, whatever overrides it. */
  locateInFile(path: JsonPath, what: 'value' | 'name' = 'value'): DiagnosticLocation {
    return (what === 'name' ? this.#source.locateKey(path) : undefined) ?? this.#nearest(path);
  }

  /** Absolute path of the file that a value is written in, whatever overrides it. */
  fileOf(path: JsonPath): string {
    return this.#source.writtenIn(path);
  }

  /** Absolute path of the file that the value at `path` came from; undefined for one from the command line. */
  writtenIn(path: JsonPath): string | undefined {
    const override = this.#overrideOf(path);
    return override === undefined ? this.#source.writtenIn(path) : override.writtenIn;
  }

  #overrideOf(path: JsonPath): OverriddenPlace | undefined {
    const around = path.flatMap((_, at) => this.#overrides.get(toPointer(path.slice(0, at + 1))) ?? []);
    return around.reduce<OverriddenPlace | undefined>(
      (last, each) => (last === undefined || each.order > last.order ? each : last),
      undefined,
    );
  }

  #nearest(path: JsonPath): DiagnosticLocation {
    for (let length = path.length; length >= 0; length--) {
      const location = this.#source.locate(path.slice(0, length));
      if (location !== undefined) return location;
    }
    return { file: this.#source.file };
  }
}
