import { POSSESSION_COLUMNS, TOLD_COLUMNS } from '../lineage/session-columns.js';

/**
 * The read model in SQLite: facts about every session, the conversations that they form, and which session a message belongs to. Table names differ
 * from Hermes's, so that one connection can query both files.
 */

/** Changes with the layout, so that an old file is not taken for a new one. */
export const LAYOUT_VERSION = 5;

/** Columns copied from a Hermes session row or derived from its messages; untyped, so that SQLite converts nothing. */
export const FACT_COLUMNS = [
  'id',
  'parent_session_id',
  'platform',
  'named_user_id',
  'started_at',
  'ended_at',
  'end_reason',
  'session_key',
  'markers',
  'hidden',
  'archived',
  'pinned',
  'heartbeat_at',
  'cwd',
  'rewind_count',
  ...TOLD_COLUMNS,
  ...POSSESSION_COLUMNS,
  'newest_message_at',
  'stored_messages',
  'inactive_messages',
] as const;

/** Columns derived from a session and its relatives. First in the row, since searches read them for every session that they find. */
const DERIVED_COLUMNS = `delegate_from TEXT, root_number INTEGER, family_number INTEGER, chain_length INTEGER NOT NULL DEFAULT 0,
    is_entry INTEGER NOT NULL DEFAULT 0, started_order REAL NOT NULL, active_order REAL NOT NULL, user_id`;

/** Columns of `known_conversations` with their types. */
export const CONVERSATION_COLUMNS = {
  root_number: 'INTEGER PRIMARY KEY',
  tip_number: 'INTEGER NOT NULL',
  tip_id: 'TEXT NOT NULL',
  started_order: 'REAL NOT NULL',
  active_order: 'REAL NOT NULL',
  platform: 'TEXT NOT NULL',
  user_id: 'TEXT',
  archived: 'INTEGER NOT NULL',
  model: 'TEXT',
  is_ended: 'INTEGER NOT NULL',
  is_titled: 'INTEGER NOT NULL',
  is_pinned: 'INTEGER NOT NULL',
  pinned: 'INTEGER NOT NULL',
  messages: 'INTEGER NOT NULL',
  chain_length: 'INTEGER NOT NULL',
  owner_id: 'TEXT',
  // Platforms of other members than the first; NULL if there are none, as nearly everywhere.
  other_platforms: 'TEXT',
} as const;

/** SQL that creates the tables in a schema of a connection: `main`, or `temp`, which only that connection sees. */
export function createTables(schema: 'main' | 'temp'): string {
  return `
  CREATE TABLE ${schema}.known_sessions (
    -- Never given twice, so that a message cannot come to belong to another session.
    number INTEGER PRIMARY KEY AUTOINCREMENT, session_rowid INTEGER NOT NULL, ${DERIVED_COLUMNS}, ${FACT_COLUMNS.join(', ')});
  CREATE UNIQUE INDEX ${schema}.known_sessions_by_rowid ON known_sessions (session_rowid);
  CREATE UNIQUE INDEX ${schema}.known_sessions_by_id ON known_sessions (id);
  CREATE INDEX ${schema}.known_sessions_by_parent ON known_sessions (parent_session_id) WHERE parent_session_id IS NOT NULL;
  CREATE INDEX ${schema}.known_sessions_by_delegation ON known_sessions (delegate_from) WHERE delegate_from IS NOT NULL;
  CREATE INDEX ${schema}.known_sessions_by_family ON known_sessions (family_number) WHERE family_number <> number;

  CREATE TABLE ${schema}.known_conversations (
    ${Object.entries(CONVERSATION_COLUMNS)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')});

  -- Exact totals would have to be counted with every page, so they are kept.
  CREATE TABLE ${schema}.known_counts (
    kind TEXT NOT NULL, platform TEXT NOT NULL, archived INTEGER NOT NULL, entries INTEGER NOT NULL, messages INTEGER NOT NULL,
    PRIMARY KEY (kind, platform, archived)) WITHOUT ROWID;

  -- The file itself only tells by reading the wide row. The number of the session; negative where the message was rewound.
  CREATE TABLE ${schema}.known_messages (id INTEGER PRIMARY KEY, session INTEGER NOT NULL);

  -- Of which history this is, and what it was like when all of it was last known to be true.
  CREATE TABLE ${schema}.known_history (name TEXT PRIMARY KEY, value) WITHOUT ROWID;`;
}

/** Indexes for orders and filters, each with the columns that a list needs to count or skip an entry; created once there are rows. */
function createOrders(schema: string): string {
  return `
  CREATE INDEX ${schema}.known_conversations_by_activity ON known_conversations (active_order, started_order, tip_id, archived);
  CREATE INDEX ${schema}.known_conversations_by_start ON known_conversations (started_order, tip_id, archived, active_order);
  CREATE INDEX ${schema}.known_conversations_by_platform
    ON known_conversations (platform, archived, active_order, started_order, tip_id, model, other_platforms);
  CREATE INDEX ${schema}.known_conversations_by_user
    ON known_conversations (user_id, archived, active_order, started_order, tip_id, platform, model) WHERE user_id IS NOT NULL;
  CREATE INDEX ${schema}.known_conversations_by_owner
    ON known_conversations (owner_id, archived, active_order, started_order, tip_id, platform, model) WHERE owner_id IS NOT NULL;
  CREATE INDEX ${schema}.known_conversations_by_model
    ON known_conversations (model, archived, active_order, started_order, tip_id) WHERE model IS NOT NULL;
  CREATE INDEX ${schema}.known_conversations_by_size ON known_conversations (messages DESC, tip_id);
  CREATE INDEX ${schema}.known_conversations_pinned ON known_conversations (active_order, started_order, tip_id, archived) WHERE pinned;
  CREATE INDEX ${schema}.known_sessions_pinned ON known_sessions (active_order, started_order, id, archived) WHERE pinned;
  CREATE INDEX ${schema}.known_sessions_by_activity ON known_sessions (active_order, started_order, id, archived);
  CREATE INDEX ${schema}.known_sessions_by_start ON known_sessions (started_order, id, archived, platform);
  CREATE INDEX ${schema}.known_sessions_children ON known_sessions (number) WHERE NOT is_entry;
  CREATE INDEX ${schema}.known_sessions_by_folder ON known_sessions (cwd, family_number) WHERE cwd IS NOT NULL;
  CREATE INDEX ${schema}.known_sessions_beside
    ON known_sessions (archived, platform, started_order, user_id, model, family_number, is_entry) WHERE NOT is_entry;`;
}

/** What the rows of each table are counted as: pairs of kind and SQL condition. */
const COUNTED = {
  known_sessions: {
    kinds: [['row', 'true'] as const, ['child', 'NOT is_entry'] as const],
    messages: 'stored_messages',
  },
  known_conversations: { kinds: [['conversation', 'true'] as const], messages: 'messages' },
} as const;

type CountedTable = keyof typeof COUNTED;

const COUNTED_TABLES: readonly CountedTable[] = ['known_sessions', 'known_conversations'];

function countAll(table: CountedTable): string {
  const { kinds, messages } = COUNTED[table];
  return kinds
    .map(
      ([kind, condition]) =>
        `INSERT INTO known_counts SELECT '${kind}', platform, archived, count(*), sum(${messages}) FROM ${table} WHERE ${condition} GROUP BY 2, 3;`,
    )
    .join('\n');
}

/** SQL that adds one row to the counts of its kinds, or subtracts it. */
function countRow(table: CountedTable, row: 'OLD' | 'NEW'): string {
  const { kinds, messages } = COUNTED[table];
  const sign = row === 'NEW' ? '' : '-';
  return kinds
    .map(
      ([kind, condition]) =>
        `INSERT INTO known_counts SELECT '${kind}', platform, archived, ${sign}1, ${sign}messages
          FROM (SELECT ${row}.platform AS platform, ${row}.archived AS archived, ${row}.${messages} AS messages
            ${table === 'known_sessions' ? `, ${row}.is_entry AS is_entry` : ''})
          WHERE ${condition}
          ON CONFLICT DO UPDATE SET entries = entries + excluded.entries, messages = known_counts.messages + excluded.messages;`,
    )
    .join('\n');
}

function countingTriggers(schema: string, table: CountedTable): string {
  const { messages } = COUNTED[table];
  const columns = ['platform', 'archived', messages, ...(table === 'known_sessions' ? ['is_entry'] : [])];
  const differs = columns.map((column) => `OLD.${column} IS NOT NEW.${column}`).join(' OR ');
  return `
    CREATE TRIGGER ${schema}.${table}_counted_in AFTER INSERT ON ${table} BEGIN ${countRow(table, 'NEW')} END;
    CREATE TRIGGER ${schema}.${table}_counted_out AFTER DELETE ON ${table} BEGIN ${countRow(table, 'OLD')} END;
    CREATE TRIGGER ${schema}.${table}_counted_again AFTER UPDATE ON ${table} WHEN ${differs}
      BEGIN ${countRow(table, 'OLD')} ${countRow(table, 'NEW')} END;`;
}

/** Completes filled tables of a schema for queries and changes. */
export function completeTables(schema: 'main' | 'temp'): string {
  return [
    createOrders(schema),
    ...COUNTED_TABLES.map(countAll),
    ...COUNTED_TABLES.map((table) => countingTriggers(schema, table)),
    `PRAGMA ${schema}.user_version = ${LAYOUT_VERSION};`,
  ].join('\n');
}

/** Drops the tables of an index in memory. */
export const DROP_TEMPORARY_TABLES = ['sessions', 'conversations', 'counts', 'messages', 'history']
  .map((table) => `DROP TABLE temp.known_${table};`)
  .join('\n');
