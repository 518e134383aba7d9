import type { JsonPath } from './json-path.ts';
import { isObject, type JsonObject, member, setMember } from './json-value.ts';

/** A changed document, and the `null`s in the patch that had nothing to take away. */
export interface Patched {
  readonly value: JsonObject;
  readonly unused: readonly JsonPath[];
}

/**
 * Applies a JSON merge patch (RFC 7396): objects are merged member by member, `null` takes a member away, everything else,
 * lists too, replaces what is there. Neither argument is changed.
 *
 * Two things are added. Settings of another kind have other members: a stage that names another `uses`, and settings that
 * name another `kind`, replace what is there as a whole. And a variant may say `null` of a path that the one below does not
 * name: it is the variant that takes something away.
 */
export function mergePatch(base: JsonObject, patch: JsonObject): Patched {
  const unused: JsonPath[] = [];
  const mergeObjects = (below: JsonObject, above: JsonObject, path: JsonPath): JsonObject => {
    const merged: JsonObject = {};
    for (const [name, value] of Object.entries(below)) if (member(above, name) !== null) setMember(merged, name, value);
    for (const [name, value] of Object.entries(above)) {
      const inner = [...path, name];
      if (value !== null) setMember(merged, name, mergeValues(member(below, name), value, inner));
      else if (Object.hasOwn(below, name)) continue;
      else if (isInVariant(inner)) setMember(merged, name, value);
      else unused.push(inner);
    }
    return merged;
  };
  const mergeValues = (below: unknown, above: unknown, path: JsonPath): unknown => {
    if (!isObject(above)) return above;
    return mergeObjects(isObject(below) && !isOfAnotherKind(below, above, path) ? below : {}, above, path);
  };
  return { value: mergeObjects(base, patch, []), unused };
}

/** `variants`, name, path. */
function isInVariant(path: JsonPath): boolean {
  return path[0] === 'variants' && path.length === 3;
}

function isOfAnotherKind(below: JsonObject, above: JsonObject, path: JsonPath): boolean {
  const tag = tagAt(path);
  const [before, after] = [tag && member(below, tag), tag && member(above, tag)];
  return typeof before === 'string' && typeof after === 'string' && before !== after;
}

/** The member that says what an object is; undefined where names are free. */
function tagAt(path: JsonPath): 'uses' | 'kind' | undefined {
  if (path[0] !== 'stages') return undefined;
  if (path.length === 2) return 'uses';
  return path[2] === 'with' ? 'kind' : undefined;
}
