import type { CodeClosure } from '@retort/pipeline-graph';
import type { StageRecord } from '@retort/store';

/** One version of a package with different files, of results or of what is installed: some of them are edited or damaged. */
export interface PackageVariants {
  readonly name: string;
  readonly version: string;
  /** The system whose compiled code differs; missing where it is other files. */
  readonly platform?: string;
  /** Digest of the files -> how many results were made with them. */
  readonly results: Readonly<Record<string, number>>;
  /** Digest of the files that are installed here; missing where another version, or none, is. */
  readonly installed?: string;
}

/** What is installed here. */
export type InstalledHere = Pick<CodeClosure, 'packages' | 'binaries'> & { readonly platform: string };

/** Packages of which one version had more than one set of files, in results and here. */
export function packageVariants(records: readonly StageRecord[], here?: InstalledHere): PackageVariants[] {
  const installed = new Map(
    here === undefined ? [] : filesIn(here).map(({ digest, ...identity }) => [JSON.stringify(identity), digest]),
  );
  const found = new Map<string, { identity: PackageIdentity; results: Map<string, number> }>();
  for (const record of records) {
    for (const { digest, ...identity } of filesOf(record)) {
      const id = JSON.stringify(identity);
      const { results } = found.get(id) ?? { results: new Map<string, number>() };
      found.set(id, { identity, results: results.set(digest, (results.get(digest) ?? 0) + 1) });
    }
  }
  return [...found].flatMap(([id, { identity, results }]) => {
    const own = installed.get(id);
    if (new Set([...results.keys(), ...(own === undefined ? [] : [own])]).size < 2) return [];
    return [{ ...identity, results: Object.fromEntries(results), ...(own !== undefined && { installed: own }) }];
  });
}

type PackageIdentity = Pick<PackageVariants, 'name' | 'version' | 'platform'>;

interface PackageFiles extends PackageIdentity {
  readonly digest: string;
}

/** A record may be of an earlier version, which knew less. */
function filesOf({ keyDocument, provenance }: StageRecord): PackageFiles[] {
  const { code } = keyDocument as { code?: { packages?: Readonly<Record<string, string>> } };
  const { binaries, hardware } = provenance as {
    binaries?: Readonly<Record<string, string>>;
    hardware?: { platform?: string };
  };
  const platform = hardware?.platform ?? 'an unknown system';
  return filesIn({ packages: code?.packages ?? {}, ...(binaries !== undefined && { binaries }), platform });
}

function filesIn({ packages: described, binaries = {}, platform }: InstalledHere): PackageFiles[] {
  const packages = Object.entries(described).flatMap(([name, texts]) =>
    texts.split(', ').map((text) => {
      const [, version = text, digest] = /^(.*)\+([0-9a-f]*)$/.exec(text) ?? [];
      return { name, version, digest };
    }),
  );
  const versions = new Map(packages.map(({ name, version }) => [name, version]));
  const compiled = Object.entries(binaries).map(([name, digest]) => {
    return { name, version: versions.get(name) ?? 'of unknown version', platform, digest };
  });
  return [...packages.flatMap(({ digest, ...each }) => (digest ? [{ ...each, digest }] : [])), ...compiled];
}
