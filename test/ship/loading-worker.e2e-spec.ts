import { valueSymbol } from 'piscina';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import load, { type Loaded } from '../../src/ship/loading-worker.js';
import { ReaderGate } from '../../src/stores/hermes/file/reader-gate.js';
import type { ThreadOutcome } from '../../src/stores/hermes/threads/thread-file.js';
import { hour, say, smallHistory } from '../support/histories.js';

const MEBIBYTE = 1024 * 1024;

/** The outcome inside of what the thread hands over without a copy. */
function outcomeOf(returned: ThreadOutcome<Loaded>): ThreadOutcome<Loaded> {
  return (Reflect.get(returned, valueSymbol) ?? returned) as ThreadOutcome<Loaded>;
}

describe('the thread that reads sessions for a first load', () => {
  const source = { path: smallHistory(25), gate: ReaderGate.share(), rewrites: 0, historyId: 1 };
  const read = (sessions: readonly { id: string; number: number }[]): Loaded => {
    const outcome = outcomeOf(load({ ...source, sessions }));
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    return outcome.value;
  };

  it('begins each task without what one that failed half-way left behind', () => {
    const plain = [{ id: 'plain', number: 7 }];
    const before = read(plain);
    expect(before.rows.messages.length).toBeGreaterThan(0);
    // An object is no id: the driver refuses it when the first session has been read already.
    const broken = [...plain, { id: {} as string, number: 8 }];
    expect(() => load({ ...source, sessions: broken })).toThrow('parameter values');
    const after = read(plain);
    expect(Buffer.from(after.rows.messages)).toEqual(Buffer.from(before.rows.messages));
    expect(Buffer.from(after.rows.words)).toEqual(Buffer.from(before.rows.words));
    expect(after.sessions).toEqual(before.sessions);
  });

  it('tells what is gone, and what cannot be sent', () => {
    expect(read([{ id: 'nowhere', number: 9 }]).sessions).toEqual([{ kind: 'gone', id: 'nowhere' }]);
  });

  it('reads some megabytes ahead, however few messages have how many pictures', () => {
    const ids = ['pictures', ...Array.from({ length: 40 }, (_, at) => `picture-${at}`)];
    const writer = HistoryWriter.open(source.path);
    writer.together(() => {
      for (const id of ids) {
        writer.addSession({ id, source: 'cli', started_at: hour(1) });
        const pictures = id === 'pictures' ? 3 : 1;
        for (let at = 0; at < pictures; at++) say(writer, id, 'user', 'A'.repeat(MEBIBYTE / 2), hour(1) + at);
      }
    });
    writer.close();
    const { sessions, rows } = read(ids.map((id, number) => ({ id, number })));
    const kinds = sessions.map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['large', 'whole']);
    expect(kinds.at(-1)).toBe('large');
    expect(rows.messages.length).toBeGreaterThan(15 * MEBIBYTE);
    expect(rows.messages.length).toBeLessThan(17 * MEBIBYTE);
  });
});
