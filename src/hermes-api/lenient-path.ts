/** Consecutive escaped bytes. */
const ESCAPED = /(?:%[0-9a-f]{2})+/gi;

/** A `%` that does not start an escape. */
const NO_ESCAPE = /%(?![0-9a-f]{2})/gi;

/**
 * Decodes the path of a URL like Hermes's servers (Python's `urllib.parse.unquote`): a `%` without an escape stands for itself, and invalid UTF-8
 * becomes U+FFFD. So a malformed path reaches a route, which answers 404 in its own format.
 */
export function lenientPath(url: string): string {
  const [path = '', ...query] = url.split('?');
  const read = path.replace(NO_ESCAPE, '%25').replace(ESCAPED, asText);
  return [read, ...query].join('?');
}

/** Valid escapes stay unchanged; invalid ones become the escape of U+FFFD. */
function asText(escapes: string): string {
  try {
    decodeURIComponent(escapes);
    return escapes;
  } catch {
    return encodeURIComponent(Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'));
  }
}
