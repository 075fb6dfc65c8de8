/** Most characters of a title in a file name. */
const TITLE = 60;

/** Most characters of an id in a file name. */
const ID = 100;

/** The file name of a conversation without its extension: its id, which sorts by time, and its title. */
export function fileNameOf(id: string, title: string | null): string {
  const name = visible(id, ID);
  return title === null || title.trim() === '' ? name : `${name}-${visible(title.trim(), TITLE)}`;
}

/** Any text can be an id or a title: characters that file systems reject, or that are invisible, are replaced. */
function visible(text: string, most: number): string {
  const seen = text.replace(/[^\p{L}\p{M}\p{N}\p{S}._-]|[<>|]/gu, '_');
  return [...seen].slice(0, most).join('');
}
