import type { DiagnosticLocation } from '@retort/diagnostics';
import { type JsonPath, toPointer } from './json-path.ts';
import type { JsonSource } from './json-source.ts';

/**
 * Where each value of the document came from: the file, a variant in the file, or a `--set`.
 *
 * A place never claims more than is known: for a member that is nowhere written it is the place of the nearest value around it.
 */
export class Places {
  readonly #source: JsonSource;
  readonly #overrides = new Map<string, DiagnosticLocation>();

  constructor(source: JsonSource) {
    this.#source = source;
  }

  /** The value at `path`, and everything inside it, now comes from `location`. */
  override(path: JsonPath, location: DiagnosticLocation): void {
    const pointer = toPointer(path);
    for (const inner of this.#overrides.keys()) if (inner.startsWith(`${pointer}/`)) this.#overrides.delete(inner);
    this.#overrides.set(pointer, location);
  }

  locate(path: JsonPath, what: 'value' | 'name' = 'value'): DiagnosticLocation {
    for (let length = path.length; length > 0; length--) {
      const location = this.#overrides.get(toPointer(path.slice(0, length)));
      if (location !== undefined) return location;
    }
    const named = what === 'name' ? this.#source.locateKey(path) : undefined;
    return named ?? this.#nearest(path);
  }

  /** A place in the file itself, whatever overrides it. */
  locateInFile(path: JsonPath, what: 'value' | 'name' = 'value'): DiagnosticLocation {
    return (what === 'name' ? this.#source.locateKey(path) : undefined) ?? this.#nearest(path);
  }

  /** Whether the value at `path` was given on the command line. */
  isFromCommandLine(path: JsonPath): boolean {
    return this.locate(path).file?.startsWith('--set ') ?? false;
  }

  #nearest(path: JsonPath): DiagnosticLocation {
    for (let length = path.length; length >= 0; length--) {
      const location = this.#source.locate(path.slice(0, length));
      if (location !== undefined) return location;
    }
    return { file: this.#source.file };
  }
}
