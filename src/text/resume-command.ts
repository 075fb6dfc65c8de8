/** Words that need no quoting in a shell. */
const PLAIN = /^[\w.:-]+$/;

/** The shell command that continues a session in Hermes; the default profile need not be named. */
export function resumeCommand({ id, profile }: { readonly id: string; readonly profile: string }): string {
  const option = profile === 'default' ? '' : `-p ${quoted(profile)} `;
  return `hermes ${option}--resume ${quoted(id)}`;
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
