/**
 * Texts that Hermes adds around a user's words: summaries by a compaction, and the text of an invoked skill. The markers are those of
 * `agent/context_compressor.py` and `agent/skill_commands.py` in Hermes Agent.
 */
export const SUMMARY_BEGINNINGS = ['[CONTEXT COMPACTION — REFERENCE ONLY]', '[CONTEXT SUMMARY]:'] as const;

/** Separates a summary from the message that follows it. */
export const SUMMARY_END =
  '--- END OF CONTEXT SUMMARY — respond to the message below, not the summary above ---';

/** Enclose a message that is followed by a summary. */
export const PRIOR_BEGINNING = '[PRIOR CONTEXT — for reference only; not a new message]';
export const PRIOR_END = '[END OF PRIOR CONTEXT — COMPACTION SUMMARY BELOW]';

/** Precedes a request that was unfinished at a compaction and is repeated after it. */
const STILL_IN_PROGRESS =
  '[STILL IN PROGRESS — this is the active request, restated after the compaction boundary because it was not finished yet. Continue it; do not start over.]';

const SKILL_CALL = /^\[IMPORTANT: The user has invoked the "([^"\n]+)" skill/;
const SKILL_INSTRUCTION = 'The user has provided the following instruction alongside the skill invocation: ';
const BEHIND_INSTRUCTION = /\n\n\[(?:Runtime note:|This skill has supporting files)/;

/**
 * The part of a user's message that the user wrote; an invoked skill becomes `/name — what was typed`.
 * @returns null if the message is only a summary.
 */
export function ownWords(text: string): string | null {
  const summaryEnd = text.indexOf(SUMMARY_END);
  if (summaryEnd >= 0) return orNull(text.slice(summaryEnd + SUMMARY_END.length));
  const priorEnd = text.indexOf(PRIOR_END);
  if (priorEnd >= 0) return orNull(text.slice(0, priorEnd).replace(PRIOR_BEGINNING, ''));
  const start = text.trimStart();
  if (SUMMARY_BEGINNINGS.some((beginning) => start.startsWith(beginning))) return null;
  if (start.startsWith(STILL_IN_PROGRESS)) return orNull(start);
  return skillCall(start) ?? text;
}

function orNull(text: string): string | null {
  const words = withoutRestated(text.trim());
  return words === '' ? null : (skillCall(words) ?? words);
}

/** A text without the marker in front of a repeated request. */
export function withoutRestated(text: string): string {
  return text.startsWith(STILL_IN_PROGRESS) ? text.slice(STILL_IN_PROGRESS.length).trim() : text;
}

function skillCall(text: string): string | undefined {
  const [, name] = SKILL_CALL.exec(text) ?? [];
  if (name === undefined) return undefined;
  const at = text.lastIndexOf(SKILL_INSTRUCTION);
  const [typed = ''] = at < 0 ? [] : text.slice(at + SKILL_INSTRUCTION.length).split(BEHIND_INSTRUCTION);
  return typed.trim() === '' ? `/${name}` : `/${name} — ${typed.trim()}`;
}
