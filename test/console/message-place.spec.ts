import type { HermesSessions, MessageListResponse, MessagesQuery } from '@hermes-sessions/client';
import { placeOf } from '../../console/src/conversation/message-place.js';

/** A transcript of messages with these ids, and how often it was asked. */
function transcript(ids: readonly number[]): {
  readonly history: HermesSessions;
  readonly asked: () => number;
} {
  let asked = 0;
  const messages = (_id: string, { offset = 0, limit = 50 }: MessagesQuery): Promise<MessageListResponse> => {
    asked++;
    const data = ids.slice(offset, offset + limit).map((id) => ({ id }));
    return Promise.resolve({ total: ids.length, data } as unknown as MessageListResponse);
  };
  return { history: { messages } as unknown as HermesSessions, asked: () => asked };
}

describe('the place of a message', () => {
  it('is found in a long transcript with few questions', async () => {
    const ids = Array.from({ length: 100_000 }, (_, at) => 3 * at + 7);
    for (const at of [0, 1, 49_999, 54_321, 99_999]) {
      const { history, asked } = transcript(ids);
      expect(await placeOf(history, 'long', {}, ids[at] ?? 0)).toBe(at);
      expect(asked()).toBeLessThan(20);
    }
  });

  it('is beside where it would be if it is not there any more', async () => {
    const { history } = transcript([10, 20, 30]);
    expect(await placeOf(history, 'short', {}, 25)).toBe(2);
    expect(await placeOf(history, 'short', {}, 5)).toBe(0);
    // The end, of which there is something to see.
    expect(await placeOf(history, 'short', {}, 99)).toBe(2);
    expect(await placeOf(transcript([]).history, 'empty', {}, 1)).toBe(0);
  });
});
