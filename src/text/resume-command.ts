/** A word that no shell reads anything else into. */
const PLAIN = /^[\w.:-]+$/;

/** What continues a session in Hermes, typed into a shell; the default profile need not be named. */
export function resumeCommand({ id, profile }: { readonly id: string; readonly profile: string }): string {
  const option = profile === 'default' ? '' : `-p ${quoted(profile)} `;
  return `hermes ${option}--resume ${quoted(id)}`;
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
