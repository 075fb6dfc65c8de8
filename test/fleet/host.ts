import { createHash } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { CliProcess } from '../support/process.js';
import { runSql } from '../support/database.js';

/** A host that is deleted more of looks like one that has lost its file. */
const MOST_DELETED = 8;

/** All that is compared of a history, wherever it is kept. */
const OF_SESSIONS = ['id', 'title', 'ended_at', 'end_reason'] as const;
const OF_MESSAGES = ['session_id', 'role', 'content'] as const;

/** A host: its history, the agent that writes there, and the shipper that sends it. */
export class FleetHost {
  #shipper: CliProcess | undefined;
  readonly #sessions: string[] = [];
  #written = 0;
  #deleted = 0;
  /** Whether its agent rests, as it does while somebody works on the file. */
  isQuiet = false;

  /** @param databaseUrl with the role of this host. */
  constructor(
    readonly name: string,
    readonly path: string,
    readonly databaseUrl: string,
  ) {
    HistoryWriter.create(path, 25).close();
  }

  /** Starts its shipper. */
  ship(): void {
    this.#shipper = new CliProcess(['ship', '--origin', this.name], this.environment);
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      DATABASE_URL: this.databaseUrl,
      STATE_DB: this.path,
      LOG_LEVEL: 'warn',
      DATABASE_TIMEOUT_MS: '3000',
    };
  }

  /** The end of what its shipper has said. */
  get said(): string {
    return this.#shipper?.soFar.slice(-1000) ?? '';
  }

  /** Ends its shipper without a word, and starts another one. */
  async killShipper(): Promise<void> {
    this.#shipper?.kill('SIGKILL');
    await this.#shipper?.ended;
    this.ship();
  }

  async stop(): Promise<void> {
    this.#shipper?.kill('SIGTERM');
    await this.#shipper?.ended;
  }

  /** Does one thing that an agent does. */
  work(random: () => number): void {
    const writer = HistoryWriter.open(this.path);
    try {
      writer.together(() => {
        this.#change(writer, random);
      });
    } finally {
      writer.close();
    }
  }

  #change(writer: HistoryWriter, random: () => number): void {
    const at = Date.now() / 1000;
    const kind = Math.floor(random() * 10);
    const id = this.#sessions[Math.floor(random() * this.#sessions.length)];
    if (id === undefined || kind < 3) {
      const added = `${this.name}-${this.#written++}`;
      this.#sessions.push(added);
      writer.addSession({ id: added, source: 'cli', started_at: at, title: `Work of ${added}` });
      writer.addMessage({ session_id: added, role: 'user', content: `Begin ${added}`, timestamp: at });
    } else if (kind < 8) {
      const content = `Message ${this.#written++} about the harbour of ${this.name}`;
      writer.addMessage({ session_id: id, role: 'assistant', content, timestamp: at });
    } else if (kind === 8) {
      writer.db
        .prepare('UPDATE sessions SET title = ? WHERE id = ?')
        .run(`Renamed ${this.#written++} ${id}`, id);
    } else if (this.#deleted < MOST_DELETED && this.#sessions.length > 10 * MOST_DELETED) {
      this.#deleted++;
      this.#sessions.splice(this.#sessions.indexOf(id), 1);
      writer.db.prepare('DELETE FROM messages WHERE session_id = ?').run(id);
      writer.db.prepare('DELETE FROM sessions WHERE id = ?').run(id);
    }
  }

  /** Puts an empty history in the place of this one. @returns what puts it back, as a backup of it. */
  empty(): () => void {
    const [backup, empty] = [`${this.path}.backup`, `${this.path}.empty`];
    const db = new Sqlite(this.path, { timeout: 5000 });
    db.exec(`VACUUM INTO '${backup}'`);
    db.close();
    HistoryWriter.create(empty, 25).close();
    this.#replaceBy(empty);
    return () => {
      this.#replaceBy(backup);
    };
  }

  #replaceBy(other: string): void {
    for (const suffix of ['-wal', '-shm']) rmSync(this.path + suffix, { force: true });
    renameSync(other, this.path);
  }

  /** A digest of what its file has. */
  digest(): string {
    const db = new Sqlite(this.path, { readonly: true });
    try {
      return digestOf((table, columns) => db.prepare(`SELECT ${columns} FROM ${table}`).all());
    } finally {
      db.close();
    }
  }

  /** The same of what the database has. */
  async centralDigest(url: string): Promise<string> {
    const rows = async (table: string, columns: string): Promise<readonly unknown[]> =>
      runSql(
        url,
        `SELECT ${columns} FROM ${table} WHERE history_id IN (SELECT id FROM histories WHERE origin = $1)`,
        [this.name],
      );
    const sessions = await rows('sessions', OF_SESSIONS.join(', '));
    const messages = await rows('messages', OF_MESSAGES.join(', '));
    return digestOf((table) => (table === 'sessions' ? sessions : messages));
  }
}

function digestOf(read: (table: string, columns: string) => readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const [table, columns] of [
    ['sessions', OF_SESSIONS],
    ['messages', OF_MESSAGES],
  ] as const) {
    const lines = read(table, columns.join(', ')).map((row) =>
      JSON.stringify(columns.map((column) => (row as Readonly<Record<string, unknown>>)[column] ?? null)),
    );
    hash.update(lines.sort().join('\n'));
  }
  return hash.digest('hex');
}
