/** A message's text as a literal part of a Markdown document. */
export function asItIs(text: string): string {
  return fenced(withoutNul(text));
}

/** A code block that shows exactly this text. */
export function fenced(text: string, language = ''): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}${language}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** Inline text that shows exactly this text: all ASCII punctuation may be escaped (CommonMark 2.4). */
export function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[!-/:-@[-`{-~]/g, (character) => `\\${character}`);
}

/** CommonMark replaces U+0000 (2.3). */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
