import type { Message } from '../../domain/message.js';
import { isRecord } from '../../text/json.js';
import { PRIOR_BEGINNING, PRIOR_END, SUMMARY_BEGINNINGS, SUMMARY_END, withoutRestated } from './own-words.js';

/**
 * What somebody said in a message into which a compaction wrote a summary for the model: the content without the summary.
 * @returns null if it is only a summary; undefined if it contains none, like nearly all messages. The markers count only at the start,
 *   where Hermes writes them, because anybody can quote them.
 */
export function besideSummary({ role, content }: Pick<Message, 'role' | 'content'>): unknown {
  if (role === 'tool') return undefined;
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  const texts = parts.map(textOf);
  const start = texts.find((text) => text.trim() !== '')?.trimStart() ?? '';
  if (start.startsWith(PRIOR_BEGINNING)) {
    const end = texts.findIndex((text) => text.includes(PRIOR_END));
    const before = parts.slice(0, end + 1).map((part) => withText(part, withoutPrior));
    return end < 0 ? undefined : saidIn(before, content);
  }
  if (!SUMMARY_BEGINNINGS.some((beginning) => start.startsWith(beginning))) return undefined;
  const end = texts.findIndex((text) => text.includes(SUMMARY_END));
  if (end < 0) return null;
  const behind = parts.slice(end).map((part, at) => (at === 0 ? withText(part, behindSummary) : part));
  return saidIn(behind, content);
}

function withoutPrior(text: string): string {
  const [said = ''] = text.split(PRIOR_END, 1);
  return said.replace(PRIOR_BEGINNING, '').trim();
}

function behindSummary(text: string): string {
  return withoutRestated(text.slice(text.indexOf(SUMMARY_END) + SUMMARY_END.length).trim());
}

/** The parts without empty texts, as text if the content was text; null if none is left. */
function saidIn(parts: readonly unknown[], content: unknown): unknown {
  const said = parts.filter((part) => !isText(part) || textOf(part).trim() !== '');
  if (said.length === 0) return null;
  return Array.isArray(content) ? said : said[0];
}

function isText(part: unknown): boolean {
  return typeof part === 'string' || (isRecord(part) && typeof part.text === 'string');
}

function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  return isRecord(part) && typeof part.text === 'string' ? part.text : '';
}

function withText(part: unknown, change: (text: string) => string): unknown {
  if (typeof part === 'string') return change(part);
  return isRecord(part) && typeof part.text === 'string' ? { ...part, text: change(part.text) } : part;
}
