/** The part of asciichart that is used here; it ships no types. */
declare module 'asciichart' {
  export function plot(
    series: readonly number[],
    options?: { height?: number; min?: number; max?: number; format?: (value: number) => string },
  ): string;
}
