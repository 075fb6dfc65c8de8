import { MessageCopies } from './copied-messages.js';
import type { IncomingMessage } from './upload.js';

const MESSAGE: IncomingMessage = {
  ...{ id: 1, state: 7, role: 'user', content: 'Hello', toolCallId: null, toolCalls: null, toolName: null },
  ...{ reasoning: null, finishReason: null, tokenCount: null, timestamp: 5, bytes: 5, place: null },
};

describe('rows of the messages of a session', () => {
  it('are none where one of them cannot be made', () => {
    const copies = new MessageCopies(1);
    copies.add({ id: 'a', number: 1 }, [MESSAGE]);
    const before = copies.take();
    copies.add({ id: 'a', number: 1 }, [MESSAGE]);
    expect(() => copies.add({ id: 'b', number: 2 }, [MESSAGE, { ...MESSAGE, id: 2 ** 63 }])).toThrow(
      'out of range',
    );
    expect(copies.take()).toEqual(before);
  });
});
