/** The first of many, and how many more there are: `a, b, c and 12 more`. */
export function firstFew(items: readonly string[], most = 10, separator = ', '): string {
  const hidden = items.length - most;
  return hidden > 0 ? `${items.slice(0, most).join(separator)} and ${hidden} more` : items.join(separator);
}
