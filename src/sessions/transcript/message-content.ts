import { isDeeperThan } from '../../text/nesting.js';

/** Hermes puts this before content that is not plain text: a list of parts, such as text and images. */
const JSON_PREFIX = '\u0000json:';

/** Content as a caller gets it: text, the decoded list of parts or object, or null; any other JSON stays text. */
export function decodeContent(stored: string | null): unknown {
  if (stored === null || !stored.startsWith(JSON_PREFIX)) return stored;
  return parseJson(stored.slice(JSON_PREFIX.length)) ?? stored;
}

/** What is stored of content, by the same rule: text and numbers as they are, anything else as JSON. */
export function encodeContent(content: unknown): string | number | null {
  if (content === undefined || content === null) return null;
  if (typeof content === 'string' || typeof content === 'number') return content;
  return `${JSON_PREFIX}${JSON.stringify(content)}`;
}

/** Tool calls as a caller gets them: the decoded list or object, or the stored text where it is neither. */
export function decodeToolCalls(stored: string): unknown {
  return parseJson(stored) ?? stored;
}

/** The text a person reads in a message: plain content, or the text parts of structured content. */
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

/** Deeper than any content of Hermes's; to write JSON of some thousand levels, the stack would not do. */
const MAX_DEPTH = 100;

/** The list, object or string that a text is the JSON of; undefined for anything else, and for what is nested too deep. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return undefined;
    return isDeeperThan(value, MAX_DEPTH) ? undefined : value;
  } catch {
    return undefined;
  }
}
