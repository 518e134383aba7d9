/** One way of doing harm to runs and stores, and what must hold all the same. One folder each, listed in `suites.ts`. */
export interface Suite {
  /** One word, as on the command line: "damage". */
  readonly name: string;
  readonly description: string;
  /** Its cases have names that are known beforehand: `--case` may choose among them. */
  readonly hasNamedCases?: true;
  /** Rejects only when the suite itself could not be carried out; what does not hold is a failed case. */
  readonly run: (settings: SuiteSettings) => Promise<readonly SuiteCase[]>;
}

export interface SuiteSettings {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  /** How often what happens by chance is done; undefined for the suite's own number. */
  readonly rounds?: number | undefined;
  /** Begins no further round after this long; undefined for no limit. */
  readonly seconds?: number | undefined;
  /** Decides what happens by chance, as far as a clock does not. */
  readonly seed: number;
  /** Only cases with this in their names; all when left out. */
  readonly only?: string | undefined;
  /** One line about how it goes. */
  readonly say: (line: string) => void;
}

export function isWanted(name: string, { only }: Pick<SuiteSettings, 'only'>): boolean {
  return only === undefined || name.includes(only);
}

/** One thing that was tried. */
export interface SuiteCase {
  readonly name: string;
  readonly status: 'held' | 'failed' | 'skipped';
  /** What was seen, or why it was skipped. */
  readonly detail?: string;
}
