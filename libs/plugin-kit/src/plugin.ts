import type { Extensions } from '@retort/foundation/extensions';
import type { StageDefinition } from './definition.ts';

/**
 * Stages, and objects that extend them. The built-in ones come in one of these too.
 *
 * An object is everything about itself, in one file: name, description, schema of its settings, functions. Planning loads
 * the file with stand-ins for tensor libraries, so it may import them at its top and use them in its functions.
 */
export interface Plugin extends Extensions {
  /** In kebab-case; for messages. */
  readonly name: string;
  readonly stages?: readonly StageDefinition[];
}

/** Fixes the type. A plug-in's module exports what this returns as `default`. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
