/** Text of a message as part of a document of ours, in which nothing has a meaning. */
export function asItIs(text: string): string {
  return fenced(withoutNul(text));
}

/** Text as a block that shows exactly this text. */
export function fenced(text: string, language = ''): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** Text within a line that shows exactly this text: any punctuation of ASCII may be escaped (CommonMark 2.4). */
export function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[!-/:-@[-`{-~]/g, (character) => `\\${character}`);
}

/** No viewer shows U+0000 (CommonMark 2.3). */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
