/** A word that no shell reads anything else into. */
const PLAIN = /^[\w.:-]+$/;

/**
 * What continues a session in Hermes, typed into a shell.
 * @param profile of Hermes, where it is not the one that is used anyway.
 */
export function resumeCommand(id: string, profile?: string): string {
  const option = profile === undefined ? '' : `-p ${quoted(profile)} `;
  return `hermes ${option}--resume ${quoted(id)}`;
}

function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
