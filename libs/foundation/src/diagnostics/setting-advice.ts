/**
 * A setting that a message advises to change, and how the message says so. A command with options in place of settings
 * puts its own words there.
 */
export interface SettingAdvice {
  /** A part of the message. */
  readonly words: string;
  readonly setting: string;
  readonly value?: unknown;
}

/** `"source.format"`. */
export function theSetting(setting: string): SettingAdvice {
  return { words: `"${setting}"`, setting };
}

/** `set "source.quoting" to false`. */
export function setTo(setting: string, value: unknown): SettingAdvice {
  return { words: `set "${setting}" to ${JSON.stringify(value)}`, setting, value };
}

/** `add null to "source.skipLabels"`. */
export function addTo(setting: string, value: unknown): SettingAdvice {
  return { words: `add ${JSON.stringify(value)} to "${setting}"`, setting, value };
}

export function inWords(advice: readonly SettingAdvice[]): string {
  return advice.map(({ words }) => words).join(' and ');
}
