import type { GivenSettings } from '@retort/plugin-kit';
import { completeValidation, DEFAULT_OPTIMIZER } from '@retort/training/settings';
import { PHASES, type PhaseName, PRESET_TABLE, PRESETS, type Preset, type PresetName } from './presets.ts';

/**
 * Puts the settings that a preset and its phase stand for under those that are given, and takes both names away: what
 * decides the student's bytes is what they stand for, so that the same settings written out have the same key.
 *
 * A name that is not one, and a phase that the preset does not have, stay: the schema and `presetProblems` report them,
 * once, and not the settings that are missing without them.
 */
export function completePreset(
  { preset, phase, ...given }: GivenSettings,
  connected: readonly string[],
): GivenSettings {
  const found = PRESET_TABLE[isOneOf(PRESETS, preset) ? preset : 'masked'];
  const wanted = phase ?? found.defaultPhase;
  const known = isOneOf(PHASES, wanted) && found.phases[wanted] ? wanted : undefined;
  const isUnderstood = (preset === undefined || isOneOf(PRESETS, preset)) && (wanted === undefined || known);
  const settings = settingsOf(found, wanted === undefined ? undefined : (known ?? firstPhase(found)));
  const { student: _student, ...withoutStudent } = settings;
  const { validation, ...fitting } = connected.includes('student') ? withoutStudent : settings;
  const completed = completeValidation(merge(fitting, given), connected, validation as GivenSettings | undefined);
  return isUnderstood
    ? completed
    : { ...completed, ...(preset === undefined ? {} : { preset }), ...(phase === undefined ? {} : { phase }) };
}

function settingsOf({ conventions, phases }: Preset, phase: PhaseName | undefined): GivenSettings {
  return phase === undefined ? conventions : merge(conventions, phases[phase] ?? {});
}

function firstPhase({ phases }: Preset): PhaseName {
  return PHASES.find((phase) => phases[phase]) as PhaseName;
}

function isOneOf<T extends string>(names: readonly T[], name: unknown): name is T {
  return (names as readonly unknown[]).includes(name);
}

/** `over` wins, member by member. An optimizer of another kind takes nothing of the one below it. */
function merge(under: GivenSettings, over: GivenSettings): GivenSettings {
  const merged = new Map(Object.entries(under));
  for (const [name, value] of Object.entries(over)) {
    const below = merged.get(name);
    const isMerged = isSettings(below) && isSettings(value) && !(name === 'optimizer' && isOtherKind(below, value));
    merged.set(name, isMerged ? merge(below, value) : value);
  }
  return Object.fromEntries(merged);
}

function isSettings(value: unknown): value is GivenSettings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOtherKind(under: GivenSettings, over: GivenSettings): boolean {
  return over['kind'] !== undefined && over['kind'] !== (under['kind'] ?? DEFAULT_OPTIMIZER);
}

/** A phase that the preset does not have. */
export function presetProblem(preset: PresetName = 'masked', phase: PhaseName | undefined): string | undefined {
  const { phases } = PRESET_TABLE[preset];
  if (phase === undefined || phases[phase]) return undefined;
  const own = PHASES.filter((name) => phases[name]);
  return `The preset "${preset}" has no phase "${phase}", only ${own.join(', ')}. Choose one of these, or another preset.`;
}
