import { jest } from '@jest/globals';
import fc from 'fast-check';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { HermesConnection } from '../../src/stores/hermes/file/hermes-connection.js';
import { SessionDigests, type SessionDigest } from '../../src/stores/hermes/index/session-digests.js';
import { countOf } from '../../src/stores/hermes/file/values.js';
import { hour } from '../support/histories.js';
import { checkRounds } from '../support/rounds.js';
import { temporaryHistory } from '../support/temporary-history.js';

/** More than is read anew as a whole whenever somebody looks. */
const MESSAGES = 150;

/** What an agent does to the messages of a session, each with a number that says to which. */
const DEEDS: readonly ((writer: HistoryWriter, n: number) => void)[] = [
  (writer, n) => {
    add(writer, 'long', n % 2 === 0 ? 'user' : 'tool', n);
  },
  (writer) => {
    for (let at = 0; at < 5; at++) add(writer, 'long', at === 0 ? 'user' : 'assistant', at);
  },
  // A rewind, and back.
  ({ db }, n) => db.exec(`UPDATE messages SET active = 0 WHERE session_id = 'long' AND id % 10 = ${n % 10}`),
  ({ db }) => db.exec("UPDATE messages SET active = 1 WHERE session_id = 'long' AND compacted = 0"),
  // A compaction in place: what was there is kept for display, and some of it comes once more.
  ({ db }, n) =>
    db.exec(`UPDATE messages SET active = 0, compacted = 1 WHERE session_id = 'long' AND active = 1 AND id % 3 = ${n % 3};
      INSERT INTO messages (session_id, role, content, timestamp)
        SELECT session_id, role, content, timestamp FROM messages WHERE session_id = 'long' AND compacted = 1 AND id % 5 = 0;
      INSERT INTO messages (session_id, role, content, timestamp)
        VALUES ('long', 'user', '[CONTEXT SUMMARY]: of what was said', ${hour(90)})`),
  ({ db }, n) =>
    db.exec(`UPDATE messages SET display_kind = 'hidden' WHERE session_id = 'long' AND id % 7 = ${n % 7}`),
  ({ db }, n) =>
    db.exec(`UPDATE messages SET content = 'other words' WHERE session_id = 'long' AND id % 4 = ${n % 4}`),
  ({ db }, n) => db.exec(`DELETE FROM messages WHERE session_id = 'long' AND id % 50 = ${n % 50}`),
  // As many as before.
  (writer) => {
    writer.db.exec(
      "DELETE FROM messages WHERE id = (SELECT max(id) FROM messages WHERE session_id = 'long')",
    );
    add(writer, 'long', 'user', 1);
  },
  // From one session into another.
  ({ db }, n) =>
    db.exec(
      `UPDATE messages SET session_id = CASE session_id WHEN 'long' THEN 'other' ELSE 'long' END WHERE id % 20 = ${n % 20}`,
    ),
  // As many from each as from the other.
  ({ db }, n) => {
    const nth = (id: string): string =>
      `(SELECT id FROM messages WHERE session_id = '${id}' ORDER BY id LIMIT 1 OFFSET ${n % 90})`;
    const [one, another] = ['long', 'other'].map((id) =>
      db
        .prepare<[], number>(`SELECT ${nth(id)}`)
        .pluck()
        .get(),
    );
    db.exec(
      `UPDATE messages SET session_id = CASE session_id WHEN 'long' THEN 'other' ELSE 'long' END WHERE id IN (${one ?? -1}, ${(another ?? -1) + 1})`,
    );
  },
  (writer) => writer.db.exec('VACUUM'),
  // A picture before all else, and another in its place.
  (writer, n) => {
    writer.addMessage({ session_id: 'long', role: 'user', content: picture(n), timestamp: hour(0) });
  },
  ({ db }, n) =>
    db.prepare('UPDATE messages SET content = ? WHERE timestamp = ?').run(picture(n + 1000), hour(0)),
];

/** A message with a text and a picture, of another length for each text, as gateways store it. */
function picture(n: number): string {
  const url = `data:image/png;base64,${'A'.repeat(200_000)}`;
  const text = `look ${'at this '.repeat(n % 3)}${n}`;
  return `\u0000json:${JSON.stringify([
    { type: 'text', text },
    { type: 'image_url', image_url: { url } },
  ])}`;
}

function add(writer: HistoryWriter, session: string, role: string, at: number): void {
  writer.addMessage({ session_id: session, role, content: `message ${at}`, timestamp: hour(100) + at });
}

describe('what is remembered of the messages of a long session', () => {
  it.each([6, 16, 25] as const)(
    'is never another than what is read, whatever an agent does: schema version %d',
    async (version) => {
      const property = fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(DEEDS.length - 1), fc.nat(100)), { minLength: 1, maxLength: 12 }),
        async (deeds) => {
          const location = temporaryHistory(version);
          const writer = HistoryWriter.open(location.stateDb);
          writer.together(() => {
            for (const id of ['long', 'other']) {
              writer.addSession({ id, source: 'cli', started_at: hour(1) });
              for (let at = 0; at < MESSAGES; at++) add(writer, id, at % 4 === 0 ? 'user' : 'tool', at);
            }
          });
          const connection = new HermesConnection(location, () => undefined);
          const remembered = new SessionDigests();
          const look = (digests: SessionDigests): Promise<readonly SessionDigest[]> =>
            connection.snapshot((history) => {
              const view = {
                ...history,
                dataVersion: countOf(history.reader.value('PRAGMA main.data_version')),
              };
              return ['long', 'other'].map((id) => digests.of(view, id));
            });
          await look(remembered);
          for (const [deed, n] of deeds) {
            try {
              DEEDS[deed]?.(writer, n);
            } catch (error) {
              // An older version has no such column.
              if (!/no (such column|column named)/.test(String(error))) throw error;
            }
            expect([deed, await look(remembered)]).toEqual([deed, await look(new SessionDigests())]);
          }
          writer.close();
          await connection.close();
        },
      );
      await checkRounds(property, 200);
    },
  );
});

describe('a picture that a session begins with', () => {
  it('is read once, however often somebody commits', async () => {
    const location = temporaryHistory(25);
    const writer = HistoryWriter.open(location.stateDb);
    writer.addSession({ id: 'photos', source: 'telegram', started_at: hour(1) });
    writer.addMessage({ session_id: 'photos', role: 'user', content: picture(1), timestamp: hour(1) });
    const connection = new HermesConnection(location, () => undefined);
    const digests = new SessionDigests();
    let bytesRead = 0;
    const look = (dataVersion: number): Promise<SessionDigest> =>
      connection.snapshot((history) => {
        const value = jest.spyOn(history.reader, 'value');
        const digest = digests.of({ ...history, dataVersion }, 'photos');
        for (const { value: read } of value.mock.results) bytesRead += String(read).length;
        value.mockRestore();
        return digest;
      });
    expect(await look(1)).toEqual({ turnCount: 1, preview: 'look at this 1' });
    expect(bytesRead).toBeGreaterThan(200_000);
    bytesRead = 0;
    for (let commit = 2; commit < 10; commit++) {
      add(writer, 'photos', 'assistant', commit);
      expect(await look(commit)).toEqual({ turnCount: 1, preview: 'look at this 1' });
    }
    expect(bytesRead).toBeLessThan(200_000);
    writer.db.prepare("UPDATE messages SET content = ? WHERE role = 'user'").run(picture(2));
    expect(await look(10)).toEqual({ turnCount: 1, preview: 'look at this at this 2' });
    writer.close();
    await connection.close();
  });
});
