/** What a text names, separated by commas. */
export function partsBetweenCommas(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim());
}
