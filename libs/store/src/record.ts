/** What is known of one execution of a stage. Immutable; named by its key. */
export interface StageRecord {
  readonly key: string;
  /** The whole key document, so that two records can be compared. `unknown` here: the store knows nothing of stages. */
  readonly keyDocument: unknown;
  readonly uses: string;
  /** port -> artifact */
  readonly outputs: Readonly<Record<string, RecordedArtifact>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** When, where, how long, with what versions. Never part of the key. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

export interface RecordedArtifact {
  readonly digest: string;
  readonly bytes: number;
  readonly rows?: number;
}
