import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { readBytes, readMarks, readMessages } from '../../src/stores/hermes/outgoing/host-session.js';
import { damageLongValues } from '../support/damaged-messages.js';
import { hour, smallHistory } from '../support/histories.js';
import { openIndexed } from '../support/indexed-history.js';

const REWOUND = { active: 0 };
const COMPACTED = { active: 0, compacted: 1 };
const HIDDEN = { display_kind: 'hidden' };

describe('the state of a message', () => {
  // Databases have these numbers: where one is another, all hosts send all such messages again.
  it.each([
    ['is shown', { role: 'user' }, 543],
    ['is a tool that the index of parts leaves out', { role: 'tool' }, 559],
    ['was rewound', { role: 'user', ...REWOUND }, 530],
    ['was compacted away', { role: 'user', ...COMPACTED }, 535],
    ['is meant for the model', { role: 'user', ...HIDDEN }, 540],
    ['is meant for the model, and was rewound', { role: 'tool', ...HIDDEN, ...REWOUND }, 544],
    ['was made of others', { role: 'user', display_metadata: '{"model_only":true}' }, 536],
  ])('is the same as ever where it %s', (_what, message, state) => {
    const path = smallHistory(31);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'session', source: 'cli', started_at: hour(1) });
    writer.addMessage({ session_id: 'session', timestamp: hour(1), content: 'Yes', ...message });
    writer.close();
    const { reader, layout } = openIndexed(path);
    expect(readMarks({ reader, layout }, { id: 'session' })).toMatchObject([{ state }]);
    reader.db.close();
  });

  it.each(['reasoning', 'reasoning_content'])(
    'is told without reading what its model thought: %s',
    (column) => {
      const path = smallHistory(25);
      const writer = HistoryWriter.open(path);
      writer.addSession({ id: 'session', source: 'cli', started_at: hour(1) });
      const message = { session_id: 'session', role: 'assistant', content: 'Yes', timestamp: hour(1) };
      writer.addMessage({ ...message, [column]: 'Hm. '.repeat(25_000) });
      writer.close();
      damageLongValues(path);
      const { reader, layout } = openIndexed(path);
      expect(readMarks({ reader, layout }, { id: 'session' })).toMatchObject([{ state: 543 }]);
      expect(() => readMessages({ reader, layout }, { session: { id: 'session' } })).toThrow('malformed');
      reader.db.close();
    },
  );
});

describe('the size of a message', () => {
  it.each([
    [{ reasoning: 'ü' }, 5],
    [{ reasoning_content: 'ü'.repeat(500) }, 1003],
    [{ reasoning: 'Hm', reasoning_content: 'ü'.repeat(500) }, 5],
  ])('is that of what is sent of it, wherever its model thought: %#', (thought, bytes) => {
    const path = smallHistory(25);
    const writer = HistoryWriter.open(path);
    writer.addSession({ id: 'session', source: 'cli', started_at: hour(1) });
    const message = { session_id: 'session', role: 'assistant', content: 'Yes', timestamp: hour(1) };
    writer.addMessage({ ...message, ...thought });
    writer.close();
    const { reader, layout } = openIndexed(path);
    expect(readMarks({ reader, layout }, { id: 'session' })).toMatchObject([{ bytes }]);
    expect(readBytes({ reader, layout }, { id: 'session' })).toBe(bytes);
    reader.db.close();
  });

  it('is that of a file whose version has no other thoughts', () => {
    const path = smallHistory(6);
    const { reader, layout } = openIndexed(path);
    expect(readBytes({ reader, layout }, { id: 'plain' })).toBeGreaterThan(0);
    reader.db.close();
  });
});
