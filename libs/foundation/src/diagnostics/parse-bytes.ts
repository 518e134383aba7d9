/** Factors of the binary units that `formatBytes` writes. */
export const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `"4 GiB"` -> bytes, of a text whose form a schema has checked. */
export function parseBytes(text: string): number {
  const [, number, unit] = /^([0-9.]+) ?([A-Za-z]+)$/.exec(text) as unknown as [string, string, string];
  return Number(number) * (BYTES_PER_UNIT[unit] as number);
}
