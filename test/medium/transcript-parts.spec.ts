import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { BEFORE_ALL } from '../../src/sessions/transcript/message-place.js';
import { readTranscriptPart } from '../../src/stores/hermes/transcript/transcript.js';
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
