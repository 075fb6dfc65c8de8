import fc from 'fast-check';
import type { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour } from './histories.js';

export const SOURCES = ['cli', 'telegram', 'subagent'] as const;
export const USERS = ['ana', 'bo', null] as const;
export const MODELS = ['openai/gpt-5', 'anthropic/claude-opus-4', null] as const;
export const WORDS = ['amber', 'basalt', 'cedar', 'damask', 'ember'] as const;

/** A session of a random history. Its parent is given by position among the sessions, and its id is derived from its own position. */
export interface RandomSession {
  readonly source: (typeof SOURCES)[number];
  readonly user: (typeof USERS)[number];
  readonly model: (typeof MODELS)[number];
  /** How many positions before it its parent is; 0 for none. */
  readonly parent: number;
  readonly marker: '_branched_from' | '_reset_from' | '_delegate_from' | null;
  /** Whether the marker names the parent; if not, it names the parent's parent, like an inherited marker. */
  readonly isBound: boolean;
  readonly endReason: 'user_exit' | 'compression' | 'branched' | null;
  /** Hours. Several sessions may start in the same one. */
  readonly startedAt: number;
  readonly archived: boolean;
  readonly pinned: boolean;
  readonly title: string | null;
  readonly messages: readonly RandomMessage[];
}

interface RandomMessage {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly words: readonly string[];
  readonly isRewound: boolean;
}

const message: fc.Arbitrary<RandomMessage> = fc.record({
  role: fc.constantFrom('user', 'assistant', 'tool'),
  words: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 }),
  isRewound: fc.boolean(),
});

const session: fc.Arbitrary<RandomSession> = fc.record({
  source: fc.constantFrom(...SOURCES),
  user: fc.constantFrom(...USERS),
  model: fc.constantFrom(...MODELS),
  parent: fc.nat(3),
  marker: fc.constantFrom('_branched_from', '_reset_from', '_delegate_from', null, null),
  isBound: fc.boolean(),
  endReason: fc.constantFrom('user_exit', 'compression', 'compression', 'branched', null),
  startedAt: fc.nat(20),
  archived: fc.boolean(),
  pinned: fc.boolean(),
  title: fc.option(fc.constantFrom(...WORDS), { freq: 3 }),
  messages: fc.array(message, { maxLength: 4 }),
});

/** Sessions in the order of writing. */
export const randomHistory: fc.Arbitrary<readonly RandomSession[]> = fc.array(session, {
  minLength: 1,
  maxLength: 25,
});

/** An id whose sort order differs from the order of writing. */
export function idOf(place: number): string {
  return `s${(place * 7) % 31}-${place}`;
}

/** Writes a random history into an empty file. */
export function writeHistory(writer: HistoryWriter, sessions: readonly RandomSession[]): void {
  const titles = new Set<string>();
  const parentOf = (place: number): number | null => {
    const distance = sessions[place]?.parent ?? 0;
    return distance === 0 || distance > place ? null : place - distance;
  };
  writer.together(() => {
    sessions.forEach((added, place) => {
      const parent = parentOf(place);
      const marked = added.isBound || parent === null ? parent : parentOf(parent);
      const title = added.title !== null && !titles.has(added.title) ? added.title : null;
      if (title !== null) titles.add(title);
      writer.addSession({
        ...{ id: idOf(place), source: added.source, user_id: added.user, model: added.model, title },
        ...{ started_at: hour(added.startedAt), end_reason: added.endReason },
        ended_at: added.endReason === null ? null : hour(added.startedAt) + 600,
        parent_session_id: parent === null ? null : idOf(parent),
        model_config:
          added.marker === null || marked === null ? null : JSON.stringify({ [added.marker]: idOf(marked) }),
        ...{ archived: Number(added.archived), pinned: Number(added.pinned) },
      });
      for (const [at, { role, words, isRewound }] of added.messages.entries()) {
        const id = writer.addMessage({
          ...{ session_id: idOf(place), role, content: words.join(' ') },
          timestamp: hour(added.startedAt) + at,
        });
        if (isRewound) writer.db.prepare('UPDATE messages SET active = 0 WHERE id = ?').run(id);
      }
    });
  });
}
