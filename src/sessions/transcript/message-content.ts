import { decodedJson } from '../../text/json.js';

/** Prefix that Hermes writes before content that is not plain text, such as a list of texts and images. */
const JSON_PREFIX = '\u0000json:';

/** Content as returned to callers: text, the decoded list or object, or null. Other JSON stays text. */
export function decodeContent(stored: string | null): unknown {
  if (stored === null || !stored.startsWith(JSON_PREFIX)) return stored;
  return parseJson(stored.slice(JSON_PREFIX.length)) ?? stored;
}

/** Encodes content for storage by the same rule: text and numbers as they are, anything else as JSON. */
export function encodeContent(content: unknown): string | number | null {
  if (content === undefined || content === null) return null;
  if (typeof content === 'string' || typeof content === 'number') return content;
  return `${JSON_PREFIX}${JSON.stringify(content)}`;
}

/** Tool calls as returned to callers: the decoded list or object, or else the stored text. */
export function decodeToolCalls(stored: string): unknown {
  return parseJson(stored) ?? stored;
}

/** The readable text of a message: plain content, or the text parts of structured content. */
export function readableText(stored: string | null): string {
  const content = decodeContent(stored);
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === null ? '' : JSON.stringify(content);
  return content
    .map(textOfPart)
    .filter((text) => text !== '')
    .join(' ');
}

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  if (typeof part !== 'object' || part === null || !('text' in part)) return '';
  return typeof part.text === 'string' ? part.text : '';
}

/** The list, object or string in a JSON text; undefined for anything else, and if it is nested too deep. */
function parseJson(text: string): unknown {
  const value = decodedJson(text);
  return typeof value === 'string' || (typeof value === 'object' && value !== null) ? value : undefined;
}
