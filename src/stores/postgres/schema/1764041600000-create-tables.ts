import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CREATE_WORD_INDEX } from '../search/word-index.js';

/** The first layout: histories, their sessions and messages, the data for lists and searches, and the commands for the origins. */
export class CreateTables1764041600000 implements MigrationInterface {
  // TypeORM uses this name, because a compiled class can lose its own.
  readonly name = 'CreateTables1764041600000';

  async up(runner: QueryRunner): Promise<void> {
    // For searches for any part of a title.
    await runner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm');
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE changes, leases, tombstones, commands, session_words, messages, session_counts, conversations, sessions, histories`,
    );
    await runner.query('DROP SEQUENCE session_numbers');
    await runner.query(
      'DROP FUNCTION count_sessions_in, count_sessions_out, count_conversations_in, count_conversations_out',
    );
  }
}

/** Ids are compared byte by byte, as in SQLite, whatever the database's locale. */
const ID = 'text COLLATE "C" NOT NULL';

const STATEMENTS = [
  // `version` increases with every transaction that changes the history; `seen_at` is when its shipper last reported.
  `CREATE TABLE histories (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin ${ID}, profile ${ID}, is_default boolean NOT NULL, schema_version integer,
    can_archive boolean NOT NULL, can_pin boolean NOT NULL, can_delete boolean NOT NULL,
    is_loaded boolean NOT NULL DEFAULT false, version bigint NOT NULL DEFAULT 0,
    seen_at timestamptz, file_bytes bigint NOT NULL DEFAULT 0,
    UNIQUE (origin, profile))`,

  // Searches join by numbers, which compare much faster than ids.
  'CREATE SEQUENCE session_numbers',

  `CREATE TABLE sessions (
    history_id integer NOT NULL, id ${ID}, number bigint NOT NULL,
    platform text NOT NULL, user_id text, model text, title text, folded_title text,
    parent_session_id text COLLATE "C", started_at double precision, ended_at double precision, end_reason text, session_key text,
    is_branch boolean NOT NULL, is_reset boolean NOT NULL, is_delegate boolean NOT NULL,
    delegate_from text COLLATE "C", is_hidden boolean NOT NULL,
    archived boolean NOT NULL, pinned boolean NOT NULL, last_active_at double precision,
    message_count double precision NOT NULL, tool_call_count double precision NOT NULL,
    input_tokens double precision, output_tokens double precision, cache_read_tokens double precision,
    cache_write_tokens double precision, reasoning_tokens double precision,
    estimated_cost_usd double precision, actual_cost_usd double precision,
    stored_messages bigint NOT NULL, stored_bytes bigint NOT NULL, turn_count integer NOT NULL, preview text NOT NULL,
    fingerprint text NOT NULL, root_id ${ID}, root_number bigint NOT NULL, chain_length integer NOT NULL, is_entry boolean NOT NULL,
    started_order double precision NOT NULL GENERATED ALWAYS AS (coalesce(started_at, -1)) STORED,
    active_order double precision NOT NULL GENERATED ALWAYS AS (coalesce(last_active_at, -1)) STORED,
    PRIMARY KEY (history_id, id))`,
  'CREATE UNIQUE INDEX sessions_by_number ON sessions (history_id, number)',
  // Includes all that a search without filters needs of sessions that are not a conversation by themselves.
  `CREATE INDEX sessions_beside ON sessions (history_id, number) INCLUDE (root_number, archived, is_entry)
    WHERE root_number <> number OR NOT is_entry`,
  // Each order exists over all histories and within one, so that a list of one small history among thousands does not scan all.
  'CREATE INDEX sessions_by_activity ON sessions (active_order, started_order, id, history_id)',
  'CREATE INDEX sessions_by_start ON sessions (started_order, id, history_id)',
  'CREATE INDEX sessions_of_history_by_activity ON sessions (history_id, active_order, started_order, id)',
  'CREATE INDEX sessions_by_parent ON sessions (history_id, parent_session_id) WHERE octet_length(parent_session_id) <= 1000',
  'CREATE INDEX sessions_by_root ON sessions (history_id, root_id)',
  'CREATE INDEX sessions_by_delegation ON sessions (history_id, delegate_from) WHERE octet_length(delegate_from) <= 1000',
  'CREATE INDEX sessions_by_title ON sessions (md5(title)) WHERE title IS NOT NULL',
  'CREATE INDEX sessions_by_part_of_title ON sessions USING gin (folded_title gin_trgm_ops)',
  'CREATE INDEX sessions_by_user ON sessions (left(user_id, 100), archived) WHERE user_id IS NOT NULL',

  `CREATE TABLE conversations (
    history_id integer NOT NULL, root_id ${ID}, number bigint NOT NULL, tip_id ${ID},
    started_order double precision NOT NULL, active_order double precision NOT NULL,
    platform text NOT NULL, user_id text, archived boolean NOT NULL, model text,
    is_ended boolean NOT NULL, is_titled boolean NOT NULL, is_pinned boolean NOT NULL,
    messages bigint NOT NULL, bytes bigint NOT NULL, chain_length integer NOT NULL, owner_id text, platforms text[] NOT NULL,
    PRIMARY KEY (history_id, root_id))`,
  `CREATE UNIQUE INDEX conversations_by_number ON conversations (history_id, number)
    INCLUDE (tip_id, active_order, started_order, archived)`,
  'CREATE INDEX conversations_by_activity ON conversations (active_order, started_order, tip_id, history_id)',
  'CREATE INDEX conversations_by_start ON conversations (started_order, tip_id, history_id)',
  'CREATE INDEX conversations_of_history_by_activity ON conversations (history_id, active_order, started_order, tip_id)',
  'CREATE INDEX conversations_by_user ON conversations (left(user_id, 100), archived) WHERE user_id IS NOT NULL',
  'CREATE INDEX conversations_by_owner ON conversations (left(owner_id, 100), archived) WHERE owner_id IS NOT NULL',
  'CREATE INDEX conversations_archived ON conversations (active_order, started_order, tip_id, history_id) WHERE archived',

  // Counting a million rows takes a tenth of a second, so exact totals are maintained.
  `CREATE TABLE session_counts (
    history_id integer NOT NULL, kind text COLLATE "C" NOT NULL, platform text COLLATE "C" NOT NULL, archived boolean NOT NULL,
    entries bigint NOT NULL, messages bigint NOT NULL,
    PRIMARY KEY (history_id, kind, platform, archived))`,

  `CREATE TABLE messages (
    history_id integer NOT NULL, session_id ${ID}, id bigint NOT NULL, state smallint NOT NULL, role text NOT NULL,
    content text, tool_call_id text, tool_calls text, tool_name text, reasoning text, finish_reason text,
    token_count double precision, "timestamp" double precision, bytes integer NOT NULL,
    PRIMARY KEY (history_id, session_id, id) INCLUDE (state, role))`,

  // The words of some messages of a session; a word's position is the index of its message in `message_ids`.
  `CREATE TABLE session_words (
    history_id integer NOT NULL, session_number bigint NOT NULL, first_id bigint NOT NULL, message_ids bigint[] NOT NULL,
    is_whole boolean NOT NULL, words tsvector NOT NULL,
    PRIMARY KEY (history_id, session_number, first_id))`,
  // Decompressing what is read for every hit would cost more than compression saves.
  'ALTER TABLE session_words ALTER COLUMN words SET STORAGE EXTERNAL',
  // Most of its data is in TOAST, so the planner would consider the table too small for a parallel index build.
  'ALTER TABLE session_words SET (parallel_workers = 2)',
  CREATE_WORD_INDEX,
  'CREATE INDEX session_words_cut ON session_words (history_id, session_number) WHERE NOT is_whole',

  `CREATE TABLE commands (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, history_id integer NOT NULL, session_id ${ID},
    kind text NOT NULL, changes jsonb NOT NULL DEFAULT '{}', base_title text,
    flagged text[] NOT NULL DEFAULT '{}', untitled text[] NOT NULL DEFAULT '{}',
    force boolean NOT NULL DEFAULT false, state text NOT NULL DEFAULT 'pending', reason text,
    created_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz)`,
  `CREATE INDEX commands_pending ON commands (history_id, id) WHERE state = 'pending'`,

  // A deleted session stays deleted, whatever its origin still has.
  `CREATE TABLE tombstones (
    history_id integer NOT NULL, session_id ${ID}, deleted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (history_id, session_id))`,

  `CREATE TABLE leases (
    history_id integer NOT NULL, session_id ${ID}, expires_at double precision NOT NULL,
    PRIMARY KEY (history_id, session_id))`,

  // Recent changes, for listeners.
  `CREATE TABLE changes (
    history_id integer NOT NULL, version bigint NOT NULL, place integer NOT NULL, change text NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (history_id, version, place))`,
  'CREATE INDEX changes_by_age ON changes (happened_at)',

  ...['in', 'out'].flatMap((way) => countingStatements(way as 'in' | 'out')),
];

/** Maintain `session_counts` by what each statement added and removed, with one aggregation per statement. */
function countingStatements(way: 'in' | 'out'): readonly string[] {
  const sign = way === 'in' ? '' : '-';
  const add = (select: string): string => `
    INSERT INTO session_counts AS c (history_id, kind, platform, archived, entries, messages)
      ${select} ORDER BY 1, 2, 3, 4
      ON CONFLICT (history_id, kind, platform, archived)
      DO UPDATE SET entries = c.entries + EXCLUDED.entries, messages = c.messages + EXCLUDED.messages;`;
  const countOf = (kind: string, messages: string, condition: string): string =>
    `SELECT history_id, ${kind}, left(platform, 200), archived, ${sign}count(*), ${sign}sum(${messages}) FROM moved ${condition} GROUP BY 1, 2, 3, 4`;
  const sessions =
    add(countOf(`'row'`, 'stored_messages', '')) +
    add(countOf(`'child'`, 'stored_messages', 'WHERE NOT is_entry'));
  const conversations = add(countOf(`'conversation'`, 'messages', ''));
  const tables = [
    ['sessions', sessions],
    ['conversations', conversations],
  ] as const;
  return tables.flatMap(([table, body]) => [
    `CREATE FUNCTION count_${table}_${way}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NULL; END $$`,
    ...triggersOf(table, way),
  ]);
}

function triggersOf(table: string, way: 'in' | 'out'): readonly string[] {
  const transition = way === 'in' ? 'NEW TABLE AS moved' : 'OLD TABLE AS moved';
  const events = way === 'in' ? ['INSERT', 'UPDATE'] : ['DELETE', 'UPDATE'];
  return events.map(
    (event) =>
      `CREATE TRIGGER count_${table}_${way}_${event.toLowerCase()} AFTER ${event} ON ${table}
        REFERENCING ${transition} FOR EACH STATEMENT EXECUTE FUNCTION count_${table}_${way}()`,
  );
}
