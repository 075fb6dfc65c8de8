import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message } from '../../domain/message.js';
import { parseSearch, type SearchQuery } from '../search/search-query.js';
import { hitsOf } from './found-messages.js';

const MESSAGE: Message = {
  ...{ id: 1, sessionId: 'a', role: 'tool', content: 'found', toolCallId: null, toolCalls: null },
  ...{ toolName: null, timestamp: 1, tokenCount: null, finishReason: null, reasoning: null },
  ...{ reasoningContent: null, isActive: true, isTooLarge: false },
};

describe('the snippets of a page of hits', () => {
  it('are cut one by one, so that others are answered in between', async () => {
    let turns = 0;
    const end = new AbortController();
    const others = (async (): Promise<void> => {
      for (; !end.signal.aborted; turns++) await nextTurn();
    })();
    const seen: number[] = [];
    const found = [1, 2, 3, 4].map((id) => ({ id, row: id, position: id }));
    const hits = await hitsOf(parseSearch('found') as SearchQuery, found, {
      messageOf: (id) => ({ ...MESSAGE, id }),
      textOf: (row) => {
        seen.push(turns);
        return row === 2 ? undefined : 'what was found';
      },
    });
    end.abort();
    await others;
    expect(hits.map(({ message, snippet }) => [message.id, snippet])).toEqual(
      [1, 3, 4].map((id) => [id, 'what was <mark>found</mark>']),
    );
    expect(new Set(seen).size).toBe(4);
  });
});
