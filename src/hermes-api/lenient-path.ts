/** Escaped bytes that follow one another. */
const ESCAPED = /(?:%[0-9a-f]{2})+/gi;

/** What begins as an escape does, and is none. */
const NO_ESCAPE = /%(?![0-9a-f]{2})/gi;

/**
 * The path of a URL as Hermes's servers read it (Python's `urllib.parse.unquote`): a `%` that escapes nothing stands for itself, and bytes that are
 * no text for U+FFFD. Whoever asks for what such a path names is told in the form of the route that there is none.
 */
export function lenientPath(url: string): string {
  const [path = '', ...query] = url.split('?');
  const read = path.replace(NO_ESCAPE, '%25').replace(ESCAPED, asText);
  return [read, ...query].join('?');
}

/** Escapes of a text; those that are one already stay as they are. */
function asText(escapes: string): string {
  try {
    decodeURIComponent(escapes);
    return escapes;
  } catch {
    return encodeURIComponent(Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'));
  }
}
