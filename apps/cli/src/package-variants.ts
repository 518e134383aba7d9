import type { StageRecord } from '@retort/artifact-store';

/** One version of a package with whose different files results were made: some of them are edited or damaged. */
export interface PackageVariants {
  readonly name: string;
  readonly version: string;
  /** The system whose compiled code differs; missing where it is other files. */
  readonly platform?: string;
  /** Digest of the files -> how many results were made with them. */
  readonly results: Readonly<Record<string, number>>;
}

/** Packages of which results were made with more than one set of files for one version. */
export function packageVariants(records: readonly StageRecord[]): PackageVariants[] {
  const found = new Map<string, { identity: Omit<PackageVariants, 'results'>; results: Map<string, number> }>();
  for (const record of records) {
    for (const { digest, ...identity } of filesOf(record)) {
      const id = JSON.stringify(identity);
      const { results } = found.get(id) ?? { results: new Map<string, number>() };
      found.set(id, { identity, results: results.set(digest, (results.get(digest) ?? 0) + 1) });
    }
  }
  return [...found.values()]
    .filter(({ results }) => results.size > 1)
    .map(({ identity, results }) => ({ ...identity, results: Object.fromEntries(results) }));
}

interface PackageFiles extends Omit<PackageVariants, 'results'> {
  readonly digest: string;
}

/** A record may be of an earlier version, which knew less. */
function filesOf({ keyDocument, provenance }: StageRecord): PackageFiles[] {
  const { code } = keyDocument as { code?: { packages?: Readonly<Record<string, string>> } };
  const { binaries = {}, hardware } = provenance as {
    binaries?: Readonly<Record<string, string>>;
    hardware?: { platform?: string };
  };
  const packages = Object.entries(code?.packages ?? {}).flatMap(([name, texts]) =>
    texts.split(', ').map((text) => {
      const [version = '', digest] = text.split('+');
      return { name, version, digest };
    }),
  );
  const versions = new Map(packages.map(({ name, version }) => [name, version]));
  const compiled = Object.entries(binaries).map(([name, digest]) => {
    const platform = hardware?.platform ?? 'an unknown system';
    return { name, version: versions.get(name) ?? 'of no known version', platform, digest };
  });
  return [...packages.flatMap(({ digest, ...each }) => (digest ? [{ ...each, digest }] : [])), ...compiled];
}
