/** The names in a comma-separated list. */
export function partsBetweenCommas(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}
