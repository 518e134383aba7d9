import { InvalidInputError } from '@retort/foundation/diagnostics';
import { loadPlugins } from '../plugins/load-plugins.ts';
import type { Surroundings } from '../settings.ts';
import type { Check } from './check.ts';

/** Whether the plug-ins of the workspace load. Nothing is said where it lists none. */
export async function pluginChecks(surroundings: Surroundings): Promise<Check[]> {
  try {
    const plugins = await loadPlugins(surroundings);
    const detail = plugins.map(({ name }) => name).join(', ');
    return plugins.length === 0 ? [] : [{ name: 'plug-ins', status: 'ok', detail }];
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return [{ name: 'plug-ins', status: 'failed', detail: error.diagnostics.map(({ message }) => message).join(' ') }];
  }
}
