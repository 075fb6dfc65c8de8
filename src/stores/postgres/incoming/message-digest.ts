import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { READ_STATE } from '../../../sessions/transcript/message-state.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import type { IncomingMessage } from './upload.js';

/** Hashes of a stored session row and of its stored messages. */
export interface StoredDigest {
  readonly fingerprint: string;
  /** The digest that {@link MessageDigest} computes for the same messages. */
  readonly digest: string;
}

/** Markers for a missing value, and before a present one. */
const NONE = Buffer.from([0]);
const SOME = Buffer.from([1]);

/** Hashes everything that is sent of a session's messages, in the order of their ids. */
export class MessageDigest {
  readonly #hash = createHash('sha256');

  add(message: IncomingMessage): void {
    this.#bytes(8, (bytes) => bytes.writeBigInt64BE(BigInt(message.id)));
    this.#bytes(2, (bytes) => bytes.writeInt16BE(message.state));
    this.#bigint(message.place);
    this.#double(message.timestamp);
    this.#double(message.tokenCount);
    for (const text of [message.role, message.content, message.toolCallId, message.toolCalls])
      this.#text(text);
    for (const text of [message.toolName, message.reasoning, message.finishReason]) this.#text(text);
  }

  /** The digest of the added messages; nothing can be added afterwards. */
  end(): string {
    return this.#hash.digest('hex');
  }

  #bigint(value: number | null): void {
    if (this.#isSome(value)) this.#bytes(8, (bytes) => bytes.writeBigInt64BE(BigInt(value)));
  }

  #double(value: number | null): void {
    if (this.#isSome(value)) this.#bytes(8, (bytes) => bytes.writeDoubleBE(value));
  }

  #text(value: string | null): void {
    if (this.#isSome(value)) this.#hash.update(createHash('sha256').update(toStored(value)).digest());
  }

  #isSome<T>(value: T | null): value is T {
    this.#hash.update(value === null ? NONE : SOME);
    return value !== null;
  }

  #bytes(length: number, write: (bytes: Buffer) => void): void {
    const bytes = Buffer.alloc(length);
    write(bytes);
    this.#hash.update(bytes);
  }
}

/** The digest of what readers see of one message. */
export function readableDigest(message: IncomingMessage): string {
  const digest = new MessageDigest();
  digest.add({ ...message, state: message.state & READ_STATE });
  return digest.end();
}

/** SQL expression for {@link readableDigest}, of a row of `messages m`. */
export const READABLE_DIGEST = `encode(sha256(${rowSql(`m.state & ${READ_STATE}::int2`)}), 'hex')`;

/** SQL for the bytes that {@link MessageDigest.add} hashes, of a row of `messages m`. */
const ROW = rowSql('m.state');

function rowSql(state: string): string {
  return [
    'int8send(m.id)',
    `int2send(${state})`,
    optional('m.place', (column) => `int8send(${column})`),
    ...['m."timestamp"', 'm.token_count'].map((column) =>
      optional(column, (value) => `float8send(${value})`),
    ),
    ...['role', 'content', 'tool_call_id', 'tool_calls', 'tool_name', 'reasoning', 'finish_reason'].map(
      (column) => optional(`m.${column}`, (value) => `sha256(convert_to(${value}, 'UTF8'))`),
    ),
  ].join(' || ');
}

function optional(column: string, sent: (column: string) => string): string {
  return `CASE WHEN ${column} IS NULL THEN '\\x00'::bytea ELSE '\\x01'::bytea || ${sent(column)} END`;
}

/** The digests of some sessions of a history, by id. This reads all their texts. */
export async function readDigests(
  manager: EntityManager,
  historyId: number,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredDigest>> {
  const rows = await manager.query<(StoredDigest & { readonly id: string })[]>(
    `SELECT s.id, s.fingerprint, (
        SELECT encode(sha256(coalesce(string_agg(${ROW}, ''::bytea ORDER BY m.id), ''::bytea)), 'hex')
          FROM messages m WHERE m.history_id = s.history_id AND m.session_id = s.id) AS digest
      FROM sessions s WHERE s.history_id = $1 AND s.id = ANY($2)`,
    [historyId, ids.map(toStored)],
  );
  return new Map(rows.map(({ id, ...digest }) => [fromStored(id), digest]));
}
