/** Characters of a title in the name of a file. */
const TITLE = 60;

/** Characters of an id in it. */
const ID = 100;

/** What a file of a conversation is called, but for its ending: by its id, which sorts by time, and its title. */
export function fileNameOf(id: string, title: string | null): string {
  const name = visible(id, ID);
  return title === null || title.trim() === '' ? name : `${name}-${visible(title.trim(), TITLE)}`;
}

/** Any text is a legal id, or a title: what no file system takes, or no eye sees, is left out of a name. */
function visible(text: string, most: number): string {
  const seen = text.replace(/[^\p{L}\p{M}\p{N}\p{S}._-]|[<>|]/gu, '_');
  return [...seen].slice(0, most).join('');
}
