import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { runCli } from '../support/process.js';
import { ServedHistory } from '../support/served.js';
import { damagesOf } from './verification.js';

/** What many kills of a server in the middle of its changes left behind. */
export interface KillReport {
  readonly kills: number;
  /** Sessions whose deletion or renaming was on its way when the server was killed. */
  readonly underWay: number;
  readonly deleted: number;
  readonly renamed: number;
  /** Transcript files of deleted sessions that were left, all of which `doctor` named. */
  readonly filesLeft: number;
  readonly problems: readonly string[];
}

/** Sessions that are changed at a time, and what each has. */
const BATCH = 6;
const MESSAGES = 250;
const DELEGATES = 2;

/** The longest time from the answer that is waited for to the kill, in milliseconds: few changes are made in it. */
const LATEST_KILL = 20;

/** A history of which every server is killed while it deletes and renames. */
export class KillRun {
  #made = 0;
  #underWay = 0;
  #deleted = 0;
  #renamed = 0;
  readonly #problems: string[] = [];
  readonly #folder: string;

  constructor(
    private readonly path: string,
    mode: 'wal' | 'delete',
    private readonly random: () => number,
  ) {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
    HistoryWriter.create(path, 25, mode).close();
    this.#folder = join(dirname(path), 'sessions');
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder);
  }

  async run(kills: number): Promise<KillReport> {
    for (let kill = 0; kill < kills; kill++) await this.#killOnce(1 + (kill % (BATCH - 1)));
    this.#problems.push(...damagesOf(this.path));
    return {
      kills,
      underWay: this.#underWay,
      deleted: this.#deleted,
      renamed: this.#renamed,
      filesLeft: await this.#checkDoctor(),
      problems: this.#problems,
    };
  }

  /** @param enough kills the server soon after so many answers: on any machine some changes are complete then, and others are not. */
  async #killOnce(enough: number): Promise<void> {
    const ids = this.#addSessions();
    const server = await ServedHistory.start(this.path);
    const requests = ids.map((id, at) =>
      at % 2 === 0
        ? server.request('DELETE', `/v1/sessions/${id}`)
        : server.request('PATCH', `/v1/sessions/${id}`, { title: `renamed ${id}`, pinned: true }),
    );
    await someOf(requests, enough);
    await delay(this.random() * LATEST_KILL);
    server.process.kill('SIGKILL');
    await server.process.ended;
    const answers = await Promise.allSettled(requests);
    answers.forEach((answer, at) => {
      this.#check(ids[at] ?? '', answer.status === 'fulfilled' ? answer.value.status : undefined);
    });
  }

  #addSessions(): readonly string[] {
    const writer = HistoryWriter.open(this.path);
    const ids = Array.from({ length: BATCH }, () => `victim_${this.#made++}`);
    writer.together(() => {
      for (const id of ids) {
        writer.addSession({ id, source: 'cli', started_at: this.#made, title: `title ${id}` });
        for (let at = 0; at < MESSAGES; at++)
          writer.addMessage({
            session_id: id,
            role: 'user',
            content: `message ${at} of ${id}`,
            timestamp: at,
          });
        for (let at = 0; at < DELEGATES; at++)
          writer.addSession({
            id: `${id}_delegate_${at}`,
            source: 'subagent',
            started_at: this.#made,
            parent_session_id: id,
            model_config: `{"_delegate_from": "${id}"}`,
          });
        writeFileSync(join(this.#folder, `${id}.json`), '{}');
      }
    });
    writer.close();
    return ids;
  }

  /** Every session is whole or gone, and what was answered is so. */
  #check(id: string, status: number | undefined): void {
    const db = new Sqlite(this.path);
    const one = (sql: string): unknown => db.prepare(sql).pluck().get(id);
    const title = one('SELECT title FROM sessions WHERE id = ?');
    const pinned = one('SELECT pinned FROM sessions WHERE id = ?');
    const messages = one('SELECT count(*) FROM messages WHERE session_id = ?');
    const delegates = one("SELECT count(*) FROM sessions WHERE id LIKE ? || '_delegate_%'");
    db.close();
    const isGone = title === undefined && messages === 0 && delegates === 0;
    const isKept = messages === MESSAGES && delegates === DELEGATES;
    const isWhole = isKept && title === `title ${id}` && pinned === 0;
    const isRenamed = isKept && title === `renamed ${id}` && pinned === 1;
    const number = Number(/\d+/.exec(id)?.[0]);
    const isRight =
      (number % BATCH) % 2 === 0
        ? isGone || (isWhole && status !== 200)
        : isRenamed || (isWhole && status !== 200);
    if (!isRight)
      this.#problems.push(`${id}: ${JSON.stringify({ status, title, pinned, messages, delegates })}`);
    if (status === undefined) this.#underWay++;
    if (isGone) this.#deleted++;
    if (isRenamed) this.#renamed++;
  }

  /** @returns how many transcript files have no session any more, each of which doctor must have counted. */
  async #checkDoctor(): Promise<number> {
    const db = new Sqlite(this.path, { readonly: true });
    const present = new Set(db.prepare<[], string>('SELECT id FROM sessions').pluck().all());
    db.close();
    const strays = readdirSync(this.#folder).filter((name) => !present.has(name.replace('.json', '')));
    const missing = [...present].filter(
      (id) => !id.includes('delegate') && !readdirSync(this.#folder).includes(`${id}.json`),
    );
    if (missing.length > 0)
      this.#problems.push(`transcript files of living sessions are gone: ${missing.join(', ')}`);
    const { stdout } = await runCli(['doctor'], { STATE_DB: this.path });
    const counted = Number(/(\d+) transcript files/.exec(stdout)?.[1] ?? 0);
    if (counted !== strays.length) this.#problems.push(`doctor names ${counted} of ${strays.length} files`);
    return strays.length;
  }
}

/** Waits until so many are fulfilled, or none is pending. */
async function someOf(promises: readonly Promise<unknown>[], enough: number): Promise<void> {
  let fulfilled = 0;
  await new Promise<void>((resolve) => {
    const count = (): void => {
      if (++fulfilled === enough) resolve();
    };
    void Promise.allSettled(promises.map((promise) => promise.then(count))).then(() => {
      resolve();
    });
  });
}
