import { jest } from '@jest/globals';
import { HistoryWriter, type NewMessage } from '../../src/demo/state-db/history-writer.js';
import { DomainError } from '../../src/domain/errors.js';
import { BEFORE_ALL, type MessagePlace } from '../../src/sessions/transcript/message-place.js';
import { TranscriptOutlines } from '../../src/stores/hermes/transcript/transcript-outlines.js';
import {
  readNewMessages,
  readTranscript,
  readTranscriptPart,
} from '../../src/stores/hermes/transcript/transcript.js';
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
    const part = readTranscriptPart(indexed.history, new TranscriptOutlines(), 'long', {
      ...whole,
      after: BEFORE_ALL,
    });
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

describe('the pages of a session that was compacted in place', () => {
  const request = {
    lineage: false,
    includeInactive: false,
    offset: 0,
    limit: 7,
    mostBytes: MEBIBYTE,
  } as const;

  it('stand in one order, which is found once for all of them and for each part', () => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'long', source: 'cli', started_at: hour(1) });
    const message = (at: number): NewMessage => ({
      ...{ session_id: 'long', role: 'user', timestamp: hour(1) + at, content: `Message ${at}` },
    });
    writer.together(() => {
      for (let at = 0; at < 300; at++) {
        const isOver = at % 20 >= 10;
        writer.addMessage({ ...message(at), ...(isOver ? {} : { active: 0, compacted: 1 }) });
        // What goes on is written anew behind what was compacted.
        if (at % 20 === 19) for (let copy = 5; copy < 10; copy++) writer.addMessage(message(at - 19 + copy));
      }
    });
    writer.close();
    const { indexed, writer: index } = openIndexedHistory(path);
    const { history } = indexed;
    const outlines = new TranscriptOutlines();
    const all = jest.spyOn(history.reader, 'all');
    const tuples = jest.spyOn(history.reader, 'tuples');
    const rows = jest.spyOn(history.reader, 'rows');
    const page = (more: object): readonly unknown[] =>
      readTranscript(history, outlines, ['long'], { ...request, order: 'asc', ...more }).messages.map(
        ({ content }) => content,
      );
    const names = Array.from({ length: 300 }, (_, at) => `Message ${at}`);
    for (let offset = 0; offset < 300; offset += 50) {
      expect(page({ offset })).toEqual(names.slice(offset, offset + 7));
      expect(page({ offset, order: 'desc' })).toEqual(names.toReversed().slice(offset, offset + 7));
    }
    const [newest] = readTranscript(history, outlines, ['long'], { ...request, order: 'desc' }).messages;
    const last = newest?.id ?? 0;
    expect(page({ before: last, order: 'desc', limit: 2 })).toEqual(['Message 298', 'Message 297']);
    expect(page({ around: last, limit: 2 })).toEqual(['Message 298', 'Message 299']);
    expect(() => page({ around: 1 })).toThrow(DomainError);
    const read: unknown[] = [];
    for (let after: MessagePlace | null = BEFORE_ALL; after !== null;) {
      const part = readTranscriptPart(history, outlines, 'long', { includeInactive: false, after });
      read.push(...part.messages.map(({ content }) => content));
      after = part.next;
    }
    expect(read).toEqual(names);
    const statements = [
      ...[...all.mock.calls, ...tuples.mock.calls].map(([sql]) => sql),
      ...rows.mock.calls.map(([query]) => query.getQuery()),
    ];
    jest.restoreAllMocks();
    index.close();
    indexed.reader.db.close();
    // Without an id, the message is looked for among all of them. One choice of roles for the pages, none for the parts.
    const ofAll = statements.filter((sql) => sql.includes('min(d.id)') && !sql.includes('m.id = '));
    expect(ofAll).toHaveLength(1);
  });
});
