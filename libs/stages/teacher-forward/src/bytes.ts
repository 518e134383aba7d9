const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** `"4 GiB"` -> bytes; the schema has checked the form. */
export function parseBytes(text: string): number {
  const [, number, unit] = /^([0-9.]+) ?([A-Za-z]+)$/.exec(text) as unknown as [string, string, string];
  return Number(number) * (UNITS[unit] as number);
}
