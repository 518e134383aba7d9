import type { Extensions } from '@retort/foundation/extensions';
import type { StageDefinition } from './definition.ts';

/**
 * Stages, and objects that extend them. The built-in ones are a plug-in too.
 *
 * An object has everything in one file: name, description, schema of its settings, functions. Planning loads the file
 * with stand-ins for tensor libraries, so it can import them at the top and use them in its functions.
 */
export interface Plugin extends Extensions {
  /** In kebab-case; for messages. */
  readonly name: string;
  readonly stages?: readonly StageDefinition[];
}

/** Gives a plug-in its type. A plug-in's module exports the result as `default`. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
