import { renameSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import type { Environment } from '../../src/config/settings.js';
import { PostgresConnection } from '../../src/stores/postgres/connection/postgres-connection.js';
import { acceptLosses } from '../../src/stores/postgres/incoming/held-sessions.js';
import { createDatabase, runSql } from './database.js';
import { hour, say } from './histories.js';
import { testSettings } from './server.js';
import { TEST_ORIGIN, TestShipper } from './shipped.js';

/** A host whose history is shipped to a separate database, with methods that change its file. */
export class ShippedHost {
  #shipper: TestShipper | undefined;

  private constructor(
    readonly path: string,
    readonly url: string,
  ) {}

  /** Ships a history for the first time, and follows it. */
  static async start(path: string): Promise<ShippedHost> {
    const host = new ShippedHost(path, await createDatabase());
    await host.online();
    return host;
  }

  /** @param environment settings of its shipper besides the path of the history. */
  async online(environment: Environment = {}): Promise<void> {
    this.#shipper = await TestShipper.start(testSettings({ STATE_DB: this.path, ...environment }), this.url);
    await this.#shipper.settled();
  }

  async offline(): Promise<void> {
    await this.#shipper?.stop();
    this.#shipper = undefined;
  }

  /** Waits until all changes were shipped or held back. */
  async settled(): Promise<void> {
    await this.#shipper?.settled();
  }

  run(sql: string): void {
    this.#write(({ db }) => db.exec(sql));
  }

  addSession(id: string): void {
    this.#write((writer) => {
      writer.addSession({ id, source: 'cli', started_at: hour(70), title: id });
      say(writer, id, 'user', `Hello from ${id}`, hour(70));
    });
  }

  /** Adds messages to the session `plain`, starting at a time. */
  say(count: number, text: string, at: number): void {
    this.#write((writer) => {
      writer.together(() => {
        for (let n = 0; n < count; n++) say(writer, 'plain', 'user', `${text} ${n}`, at + n);
      });
    });
  }

  /** @returns the path of a copy of the file. */
  backUp(): string {
    const backup = `${this.path}.backup`;
    this.run(`VACUUM INTO '${backup}'`);
    return backup;
  }

  /** Replaces the history's file, like a user who restores a backup. */
  replaceBy(other: string): void {
    for (const suffix of ['-wal', '-shm']) rmSync(this.path + suffix, { force: true });
    renameSync(other, this.path);
  }

  /** Writes a backup into the existing file, like `sqlite3 state.db ".restore backup"`. */
  async restore(backup: string): Promise<void> {
    const db = new Sqlite(backup);
    await db.backup(this.path);
    db.close();
  }

  /** Accepts all removals that are held back. */
  async acceptLosses(): Promise<void> {
    const connection = new PostgresConnection({
      ...{ url: this.url, replicaUrls: [], poolSize: 1, timeLimit: 10_000 },
    });
    await acceptLosses(connection, TEST_ORIGIN);
    await connection.close();
  }

  /** The number of sessions in the database, and how many of them are held back. */
  async sent(): Promise<{ readonly sessions: number; readonly held: number }> {
    const [row] = await runSql(
      this.url,
      'SELECT (SELECT count(*) FROM sessions)::int AS sessions, held_sessions::int AS held FROM histories',
    );
    return { sessions: Number(row?.sessions), held: Number(row?.held) };
  }

  /** The number of messages in the database that begin with a text. */
  async messages(text = ''): Promise<number> {
    const [row] = await runSql(
      this.url,
      'SELECT count(*)::int AS messages FROM messages WHERE content LIKE $1',
      [`${text}%`],
    );
    return Number(row?.messages);
  }

  #write(change: (writer: HistoryWriter) => void): void {
    const writer = HistoryWriter.open(this.path);
    change(writer);
    writer.close();
  }
}
