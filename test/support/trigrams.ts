import type { Database } from 'better-sqlite3';

/** Rewrites the trigram index of a history, if any, as an SQLite would build it that stops at the first NUL of a text, like 3.40. */
export function cutTrigramsAtNul(db: Database): void {
  const columns = db
    .prepare<[], string>("SELECT name FROM pragma_table_info('messages_fts_trigram')")
    .pluck()
    .all();
  const isInline = db
    .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'messages_fts_trigram_content'")
    .get();
  if (isInline !== undefined) {
    db.exec('UPDATE messages_fts_trigram SET content = substr(content, 1, length(content))');
  } else if (columns.length > 0) {
    const list = columns.join(', ');
    const cut = list.replace('content', 'substr(content, 1, length(content))');
    db.exec(`
      INSERT INTO messages_fts_trigram(messages_fts_trigram, rowid, ${list}) SELECT 'delete', id, ${list} FROM messages_fts_trigram_src;
      INSERT INTO messages_fts_trigram(rowid, ${list}) SELECT id, ${cut} FROM messages_fts_trigram_src`);
  }
}
