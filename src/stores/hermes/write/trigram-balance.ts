import type { Database } from 'better-sqlite3';
import type { Layout } from '../file/layout.js';

const TABLE = 'messages_fts_trigram';

interface NulMessage {
  readonly id: number;
  readonly content: string;
  /** FTS5's note of how many tokens each column of the row has: one varint a column. */
  readonly sizes: Buffer;
}

/**
 * Makes the trigram index fit what this process's SQLite is about to remove from it.
 *
 * Structured content begins with NUL. SQLite's trigram tokenizer used to stop there and now goes on
 * (seen: 3.40 stops, 3.53 does not). Where an older SQLite in Hermes indexed such a message, the tokens that
 * our delete takes out were never in, and FTS5's totals would be wrong from then on. So those messages are
 * first made to look as our tokenizer would have left them, in the same transaction.
 * @param sessionIds the sessions whose messages are about to be deleted, as a JSON list.
 */
export function balanceTrigramIndex(db: Database, layout: Layout, sessionIds: string): void {
  if (!layout.tables.has(TABLE) || !layout.tables.has(`${TABLE}_docsize`)) return;
  const messages = db
    .prepare<[string], NulMessage>(
      `SELECT m.id, m.content, d.sz AS sizes FROM messages m JOIN ${TABLE}_docsize d ON d.id = m.id
        WHERE m.session_id IN (SELECT value FROM json_each(?)) AND typeof(m.content) = 'text'
          AND instr(CAST(m.content AS BLOB), x'00') > 0`,
    )
    .all(sessionIds);
  const cutShort = messages.filter(
    ({ content, sizes }) => firstVarint(sizes) === trigrams(beforeNul(content)),
  );
  if (cutShort.length === 0) return;
  if (layout.tables.has(`${TABLE}_content`)) shortenStoredText(db, cutShort);
  else indexWhole(db, cutShort);
}

/** An index with its own copy of the text takes out what that copy says. */
function shortenStoredText(db: Database, messages: readonly NulMessage[]): void {
  // FTS5's own tables are read-only for everybody else unless this is said.
  db.unsafeMode(true);
  try {
    const update = db.prepare(`UPDATE ${TABLE}_content SET c0 = ? WHERE id = ?`);
    for (const { id, content } of messages) update.run(beforeNul(content), id);
  } finally {
    db.unsafeMode(false);
  }
}

/** An index without a copy takes out what it is told: what was indexed goes, what will be taken out comes in. */
function indexWhole(db: Database, messages: readonly NulMessage[]): void {
  const remove = db.prepare(`INSERT INTO ${TABLE}(${TABLE}, rowid, content) VALUES ('delete', ?, ?)`);
  const add = db.prepare(`INSERT INTO ${TABLE}(rowid, content) VALUES (?, ?)`);
  for (const { id, content } of messages) {
    remove.run(id, beforeNul(content));
    add.run(id, content);
  }
}

function beforeNul(content: string): string {
  return content.split('\u0000', 1)[0] ?? '';
}

function trigrams(text: string): number {
  return Math.max(0, Array.from(text).length - 2);
}

/** The first of SQLite's variable-length integers (https://sqlite.org/fileformat2.html#varint). */
function firstVarint(bytes: Buffer): number {
  let value = 0;
  for (const byte of bytes.subarray(0, 8)) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return value;
}
