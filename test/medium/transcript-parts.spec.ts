import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { BEFORE_ALL } from '../../src/sessions/transcript/message-place.js';
import { readNewMessages, readTranscriptPart } from '../../src/stores/hermes/transcript/transcript.js';
import { hour, smallHistory } from '../support/histories.js';
import { openIndexedHistory } from '../support/indexed-history.js';

const MEBIBYTE = 1024 * 1024;

describe('a part of a transcript', () => {
  it.each([
    ['content', undefined, 1],
    ['reasoning_content', undefined, 1],
    // Nobody is shown it but who asks for whole rows.
    ['api_content', undefined, 5],
    ['api_content', true, 1],
  ] as const)('has a megabyte of %s', (column, withRows, expected) => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(1) });
    for (let at = 0; at < 5; at++)
      writer.addMessage({
        ...{ session_id: 'long', role: 'assistant', timestamp: hour(1) + at, content: 'Yes' },
        [column]: 'A'.repeat(0.9 * MEBIBYTE),
      });
    writer.close();
    const { indexed, writer: index } = openIndexedHistory(path);
    const whole = { includeInactive: false, withRows };
    const part = readTranscriptPart(indexed.history, 'long', { ...whole, after: BEFORE_ALL });
    index.close();
    indexed.reader.db.close();
    expect(part.messages).toHaveLength(expected);
  });
});

describe('the new messages of a session with hundreds of one time', () => {
  it.each([0, 1])('are found without all of these being compared, with %i of them compacted', (compacted) => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    const message = { session_id: 'imported', role: 'user', timestamp: hour(1) };
    writer.addSession({ id: 'imported', source: 'cli', started_at: hour(1) });
    writer.together(() => {
      for (let at = 0; at < 300; at++) writer.addMessage({ ...message, content: `Imported ${at}` });
      for (let at = 0; at < compacted; at++)
        writer.addMessage({ ...message, content: 'Kept', active: 0, compacted: 1 });
    });
    const last = writer.addMessage({ ...message, content: 'The last', timestamp: hour(2) });
    writer.addMessage({ ...message, content: 'New', timestamp: hour(3) });
    writer.close();
    const { indexed, writer: index } = openIndexedHistory(path);
    const read = jest.spyOn(indexed.reader, 'all');
    const { messages } = readNewMessages(indexed.history, last, 100);
    const statements = read.mock.calls.map(([sql]) => sql).join();
    read.mockRestore();
    index.close();
    indexed.reader.db.close();
    expect(messages.map((found) => found.message.content)).toEqual(['New']);
    expect(statements).not.toContain('PARTITION BY');
  });
});
