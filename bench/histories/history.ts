import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { Random } from './random.js';
import { Prose } from './prose.js';

/** The size of a history. Equal values produce equal histories. */
export interface HistorySize {
  readonly sessions: number;
  /** Average number of messages per session. */
  readonly messagesPerSession: number;
  /** Median number of words per message. */
  readonly words: number;
  readonly seed: number;
  /** Without Hermes's own search indexes, which take most of the time and half of the file, for runs that do not use them. */
  readonly isUnindexed?: boolean;
}

/** 2026-05-01T00:00:00Z in epoch seconds: the newest activity of every generated history. */
const NEWEST = 1_777_593_600;

const PLATFORMS = ['cli', 'telegram', 'discord', 'slack', 'api_server', 'cron', 'whatsapp'] as const;
const MODELS = ['anthropic/claude-opus-4', 'openai/gpt-5', 'google/gemini-3-pro', 'local/qwen3'] as const;

/** Id of the session with {@link LONG_SESSION_MESSAGES} messages, in every history of 1,000 sessions or more. */
export const LONG_SESSION = 'long-session';
export const LONG_SESSION_MESSAGES = 5000;

/** Generates the history, or reuses the file of an earlier run. */
export function historyOf(folder: string, size: HistorySize): string {
  mkdirSync(folder, { recursive: true });
  const name = `s${size.sessions}-m${size.messagesPerSession}-w${size.words}-r${size.seed}-v1${size.isUnindexed === true ? '-unindexed' : ''}.db`;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const unfinished = `${path}.new`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${unfinished}${suffix}`, { force: true });
  const writer = HistoryWriter.create(unfinished, 25, 'wal');
  writer.db.pragma('synchronous = OFF');
  writer.db.pragma('cache_size = -500000');
  if (size.isUnindexed === true) dropIndexes(writer);
  new HistoryMaker(writer, size).make();
  writer.db.pragma('wal_checkpoint(TRUNCATE)');
  writer.close();
  renameSync(unfinished, path);
  return path;
}

function dropIndexes({ db }: HistoryWriter): void {
  const named = db.prepare<[string], string>(
    "SELECT name FROM sqlite_master WHERE type = ? AND (name LIKE 'messages_fts%' OR tbl_name LIKE 'messages_fts%' OR sql LIKE '%messages_fts%')",
  );
  for (const trigger of named.pluck().all('trigger')) db.exec(`DROP TRIGGER "${trigger}"`);
  for (const table of ['messages_fts', 'messages_fts_trigram']) db.exec(`DROP TABLE IF EXISTS ${table}`);
}

/** Sessions per transaction. */
const BATCH = 2000;

class HistoryMaker {
  readonly #random: Random;
  readonly #prose: Prose;

  constructor(
    private readonly writer: HistoryWriter,
    private readonly size: HistorySize,
  ) {
    this.#random = new Random(size.seed);
    this.#prose = new Prose(this.#random);
  }

  make(): void {
    for (let from = 0; from < this.size.sessions; from += BATCH) {
      this.writer.together(() => {
        for (let number = from; number < Math.min(from + BATCH, this.size.sessions); number++)
          this.#session(number);
      });
    }
  }

  #session(number: number): void {
    const random = this.#random;
    const startedAt = NEWEST - (this.size.sessions - number) * 95 - random.below(90);
    const isLong = number === Math.floor(this.size.sessions / 2) && this.size.sessions >= 1000;
    const count = isLong
      ? LONG_SESSION_MESSAGES
      : Math.max(1, Math.round(random.logNormal(this.size.messagesPerSession * 0.7, 0.85)));
    const place = this.#place(number);
    const id = isLong ? LONG_SESSION : this.#id(number);
    const platform = random.pick(PLATFORMS);
    const step = Math.min(60, 5400 / count);
    const endedAt = startedAt + count * step + 5;
    this.writer.addSession({
      source: platform,
      user_id: random.next() < 0.5 ? `user-${random.below(40)}` : null,
      model: random.pick(MODELS),
      started_at: startedAt,
      ended_at: number > this.size.sessions - 5 ? null : endedAt,
      end_reason: number > this.size.sessions - 5 ? null : 'user_exit',
      title: random.next() < 0.6 ? `${this.#prose.title()} #${number}` : null,
      archived: random.next() < 0.08 ? 1 : 0,
      last_activity_at: startedAt + count * step,
      input_tokens: random.below(50_000),
      output_tokens: random.below(8000),
      ...place,
      id,
    });
    for (let at = 0; at < count; at++) this.#message(id, at, startedAt + at * step);
  }

  /** Of 100 sessions, four continue a compressed one, three are delegates and two are branches. */
  #place(number: number): Readonly<Record<string, string | number | null>> {
    const kind = number % 100;
    const before = number === 0 ? null : this.#id(number - 1);
    if (kind >= 10 && kind < 14) return { parent_session_id: before, ...(kind < 13 ? COMPRESSED : {}) };
    if (kind === 9) return COMPRESSED;
    if (kind >= 30 && kind < 33) {
      return {
        parent_session_id: this.#id(number - 5),
        model_config: JSON.stringify({ _delegate_from: before }),
      };
    }
    if (kind === 50 || kind === 51) {
      return { parent_session_id: before, model_config: JSON.stringify({ _branched_from: before }) };
    }
    return {};
  }

  #id(number: number): string {
    const digits = new Date((NEWEST - (this.size.sessions - number) * 95) * 1000)
      .toISOString()
      .replace(/\D/g, '');
    return `${digits.slice(0, 8)}_${digits.slice(8, 14)}_${number.toString(16).padStart(6, '0')}`;
  }

  #message(sessionId: string, at: number, timestamp: number): void {
    const role = at % 4 === 0 ? 'user' : at % 4 === 2 ? 'tool' : 'assistant';
    const words = Math.max(3, Math.round(this.#random.logNormal(this.size.words, 0.8)));
    this.writer.addMessage({
      session_id: sessionId,
      role,
      content: this.#prose.text(words),
      timestamp,
      ...(role === 'tool' ? { tool_name: 'terminal', tool_call_id: `call_${at}` } : {}),
      active: this.#random.next() < 0.004 ? 0 : 1,
    });
  }
}

const COMPRESSED = { end_reason: 'compression' } as const;
