import type { StoreEvent } from '../sessions/session-event.js';
import { EventLog } from './event-log.js';

/** A message with little content, and a tool call with large arguments. */
function event(size: number): StoreEvent {
  const view = {
    subject: { platform: 'cli', userId: null, model: null, titles: [null], startedAt: null, archived: false },
    owners: [],
    rootId: 's',
  };
  return {
    ...{ kind: 'message', profile: 'default', origin: null, sessionId: 's', truncated: false },
    ...{ row: view, conversation: view },
    message: {
      ...{ id: 1, sessionId: 's', role: 'assistant', content: null, timestamp: null },
      ...{ toolCallId: null, toolCalls: [{ name: 'tool', arguments: 'x'.repeat(size) }], toolName: null },
      ...{ reasoning: null, reasoningContent: null, finishReason: null, tokenCount: null, isActive: true },
      ...{ isTooLarge: false },
    },
  } as const;
}

describe('the log of events', () => {
  it('tells what came behind an id, and knows no id of another log', () => {
    const log = new EventLog();
    log.add(event(1));
    const id = log.lastId();
    const second = log.add(event(2));
    expect(log.since(id)).toEqual([second]);
    expect(log.since(log.lastId())).toEqual([]);
    expect(log.since(new EventLog().lastId())).toBeUndefined();
    for (const odd of ['', '-1', 'nonsense', `${id}A`, id.slice(1)]) expect(log.since(odd)).toBeUndefined();
  });

  it('says nothing in its ids of how much happens', () => {
    const log = new EventLog();
    const quiet = Array.from({ length: 20 }, () => log.lastId());
    const busy = Array.from({ length: 20 }, () => {
      log.add(event(1));
      return log.lastId();
    });
    expect(new Set([...quiet, ...busy]).size).toBe(40);
    expect(new Set([...quiet, ...busy].map((id) => id.length)).size).toBe(1);
    expect(quiet.map((id) => log.since(id)?.length)).toEqual(quiet.map(() => 20));
  });

  it('is bounded by all that its events hold', () => {
    const log = new EventLog();
    const first = log.lastId();
    for (let at = 0; at < 200; at++) log.add(event(100_000));
    expect(log.length).toBeGreaterThan(70);
    expect(log.length).toBeLessThan(84);
    expect(log.since(first)).toBeUndefined();
  });
});
