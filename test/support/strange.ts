import Sqlite from 'better-sqlite3';
import { smallHistory } from './histories.js';

/** The small history as an unknown future version of Hermes might leave it: with additional tables, columns, views and triggers. */
export function strangeHistory(): string {
  const path = smallHistory(31);
  const db = new Sqlite(path);
  db.exec(`
    UPDATE schema_version SET version = 99;
    ALTER TABLE sessions ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';
    ALTER TABLE sessions ADD COLUMN weight BLOB DEFAULT x'ff00';
    ALTER TABLE sessions ADD COLUMN label TEXT AS (source || ':' || id) VIRTUAL;
    ALTER TABLE messages ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';
    CREATE TABLE moods (session_id TEXT PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE, since REAL) WITHOUT ROWID;
    CREATE TABLE diary (id INTEGER PRIMARY KEY, what TEXT NOT NULL, of TEXT);
    CREATE VIEW calm_sessions AS SELECT id FROM sessions WHERE mood = 'calm';
    CREATE INDEX sessions_by_mood ON sessions(mood) WHERE mood <> 'calm';
    INSERT INTO moods SELECT id, started_at FROM sessions;
    CREATE TRIGGER diary_session_insert AFTER INSERT ON sessions BEGIN INSERT INTO diary (what, of) VALUES ('new', new.id); END;
    CREATE TRIGGER diary_session_update AFTER UPDATE ON sessions BEGIN INSERT INTO diary (what, of) VALUES ('changed', new.id); END;
    CREATE TRIGGER diary_session_delete BEFORE DELETE ON sessions BEGIN INSERT INTO diary (what, of) VALUES ('gone', old.id); END;
    CREATE TRIGGER diary_message_insert AFTER INSERT ON messages BEGIN INSERT INTO diary (what, of) VALUES ('said', new.session_id); END;
    CREATE TRIGGER diary_message_delete AFTER DELETE ON messages BEGIN INSERT INTO diary (what, of) VALUES ('unsaid', old.session_id); END;
  `);
  db.close();
  return path;
}
