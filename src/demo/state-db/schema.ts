/**
 * The tables of Hermes's releases, as far as this project reads or writes them. Used to create histories for the demo and the tests; a
 * served history is never created or altered.
 */

/** Releases whose layouts differ in relevant ways. */
export const SCHEMA_VERSIONS = [6, 16, 25, 30, 31] as const;

export type SchemaVersion = (typeof SCHEMA_VERSIONS)[number];

interface Column {
  readonly definition: string;
  /** The first version with this column. */
  readonly since: SchemaVersion;
}

const SESSION_COLUMNS: readonly Column[] = [
  ...since(6, [
    'id TEXT PRIMARY KEY',
    'source TEXT NOT NULL',
    'user_id TEXT',
    'model TEXT',
    'model_config TEXT',
    'system_prompt TEXT',
    'parent_session_id TEXT REFERENCES sessions(id)',
    'started_at REAL NOT NULL',
    'ended_at REAL',
    'end_reason TEXT',
    'message_count INTEGER DEFAULT 0',
    'tool_call_count INTEGER DEFAULT 0',
    'input_tokens INTEGER DEFAULT 0',
    'output_tokens INTEGER DEFAULT 0',
    'cache_read_tokens INTEGER DEFAULT 0',
    'cache_write_tokens INTEGER DEFAULT 0',
    'reasoning_tokens INTEGER DEFAULT 0',
    'billing_provider TEXT',
    'estimated_cost_usd REAL',
    'actual_cost_usd REAL',
    'cost_status TEXT',
    'title TEXT',
  ]),
  ...since(16, [
    'api_call_count INTEGER DEFAULT 0',
    'cwd TEXT',
    'rewind_count INTEGER NOT NULL DEFAULT 0',
    'archived INTEGER NOT NULL DEFAULT 0',
  ]),
  ...since(25, [
    'session_key TEXT',
    'chat_id TEXT',
    'git_branch TEXT',
    'system_prompt_hash TEXT REFERENCES system_prompts(hash)',
    'title_source TEXT',
    'last_activity_at REAL',
    'profile_name TEXT',
    'pinned INTEGER NOT NULL DEFAULT 0',
    'last_read_at REAL',
  ]),
  ...since(30, ['hidden INTEGER NOT NULL DEFAULT 0', 'created_source TEXT', 'tool_names TEXT']),
  ...since(31, [
    'auto_archived INTEGER NOT NULL DEFAULT 0',
    'transport_profile TEXT',
    'git_metadata_generation INTEGER NOT NULL DEFAULT 0',
    'last_activity_description TEXT',
    'last_activity_provenance TEXT',
  ]),
];

const MESSAGE_COLUMNS: readonly Column[] = [
  ...since(6, [
    'id INTEGER PRIMARY KEY AUTOINCREMENT',
    'session_id TEXT NOT NULL REFERENCES sessions(id)',
    'role TEXT NOT NULL',
    'content TEXT',
    'tool_call_id TEXT',
    'tool_calls TEXT',
    'tool_name TEXT',
    'timestamp REAL NOT NULL',
    'token_count INTEGER',
    'finish_reason TEXT',
    'reasoning TEXT',
  ]),
  ...since(16, ['reasoning_content TEXT', 'active INTEGER NOT NULL DEFAULT 1']),
  ...since(25, [
    'compacted INTEGER NOT NULL DEFAULT 0',
    'effect_disposition TEXT',
    'api_content TEXT',
    'display_kind TEXT',
    'display_metadata TEXT',
  ]),
  ...since(30, [
    '_compressed_summary INTEGER NOT NULL DEFAULT 0',
    'display_identity BLOB',
    'display_order INTEGER',
  ]),
  ...since(31, [
    'message_uid TEXT',
    'absorbed_message_uids TEXT',
    'tool_call_uids TEXT',
    'tool_call_uid TEXT',
  ]),
];

function since(version: SchemaVersion, definitions: readonly string[]): readonly Column[] {
  return definitions.map((definition) => ({ definition, since: version }));
}

function columns(all: readonly Column[], version: SchemaVersion): string {
  return all
    .filter((column) => column.since <= version)
    .map((column) => column.definition)
    .join(',\n  ');
}

/** SQL that creates an empty history of a version. */
export function schemaSql(version: SchemaVersion): string {
  return [
    'CREATE TABLE schema_version (version INTEGER NOT NULL);',
    `INSERT INTO schema_version VALUES (${version});`,
    version >= 25 ? 'CREATE TABLE system_prompts (hash TEXT PRIMARY KEY, prompt TEXT NOT NULL);' : '',
    `CREATE TABLE sessions (\n  ${columns(SESSION_COLUMNS, version)}\n);`,
    `CREATE TABLE messages (\n  ${columns(MESSAGE_COLUMNS, version)}\n);`,
    version >= 16 ? TABLES_SINCE_16 : '',
    version >= 25 ? TABLES_SINCE_25 : '',
    INDEXES,
    version >= 16 ? INDEXES_SINCE_16 : '',
    version >= 25 ? 'CREATE INDEX idx_messages_session_id ON messages(session_id, id);' : '',
    version >= 30
      ? 'CREATE INDEX idx_sessions_effective_activity ON sessions(COALESCE(last_activity_at, started_at) DESC, started_at DESC);'
      : '',
    version >= 31 ? SINCE_31 : '',
    searchSql(version),
  ].join('\n');
}

const TABLES_SINCE_16 = `
CREATE TABLE state_meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE compression_locks (
  session_id TEXT PRIMARY KEY, holder TEXT NOT NULL, acquired_at REAL NOT NULL, expires_at REAL NOT NULL
);`;

const TABLES_SINCE_25 = `
CREATE TABLE session_turn_leases (
  conversation_id TEXT PRIMARY KEY, holder TEXT NOT NULL, acquired_at REAL NOT NULL, expires_at REAL NOT NULL
);
CREATE TABLE session_model_usage (
  session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (session_id, model)
);`;

/** Gives an id to messages that have none, such as those of an older release. */
const SINCE_31 = `
CREATE INDEX idx_messages_session_uid ON messages(session_id, message_uid);
CREATE TRIGGER messages_message_uid_insert AFTER INSERT ON messages WHEN new.message_uid IS NULL BEGIN
  UPDATE messages SET message_uid = lower(hex(randomblob(16))) WHERE id = new.id;
END;
CREATE TABLE gateway_heartbeats (name TEXT PRIMARY KEY, seen_at REAL NOT NULL);
CREATE TABLE conversation_generations (conversation_id TEXT PRIMARY KEY, generation INTEGER NOT NULL DEFAULT 0);`;

const INDEXES = `
CREATE INDEX idx_sessions_source ON sessions(source);
CREATE INDEX idx_sessions_parent ON sessions(parent_session_id);
CREATE INDEX idx_sessions_started ON sessions(started_at DESC);
CREATE INDEX idx_messages_session ON messages(session_id, timestamp);
CREATE UNIQUE INDEX idx_sessions_title_unique ON sessions(title) WHERE title IS NOT NULL;`;

const INDEXES_SINCE_16 = `
CREATE INDEX idx_sessions_source_id ON sessions(source, id);
CREATE INDEX idx_messages_session_active ON messages(session_id, active, timestamp);`;

/** The full-text indexes of a version, with the triggers that maintain them. */
function searchSql(version: SchemaVersion): string {
  if (version < 16) return externalIndex('messages_fts', ['content'], 'messages', 'unicode61', '1');
  if (version < 25)
    return inlineIndex('messages_fts', 'unicode61') + inlineIndex('messages_fts_trigram', 'trigram');
  const all = ['content', 'tool_name', 'tool_calls'];
  if (version < 30) {
    return [
      externalIndex('messages_fts', all, 'messages', 'unicode61', '1'),
      "CREATE VIEW messages_fts_trigram_src AS SELECT id, role, content, tool_name, tool_calls FROM messages WHERE role <> 'tool';",
      externalIndex('messages_fts_trigram', all, 'messages_fts_trigram_src', 'trigram', "$.role <> 'tool'"),
    ].join('\n');
  }
  return [
    `CREATE VIEW messages_fts_src AS SELECT id,
      CASE WHEN role = 'tool' THEN substr(COALESCE(content, ''), 1, 8192) ELSE content END AS content,
      tool_name, tool_calls FROM messages;`,
    externalIndex('messages_fts', all, 'messages_fts_src', 'unicode61', '1', {
      content: "CASE WHEN $.role = 'tool' THEN substr(COALESCE($.content, ''), 1, 8192) ELSE $.content END",
    }),
    `CREATE VIEW messages_fts_trigram_src AS SELECT m.id, m.role, m.content, m.tool_name
      FROM messages m JOIN sessions s ON s.id = m.session_id
      WHERE m.role <> 'tool' AND s.source NOT IN ('cron', 'subagent');`,
    externalIndex(
      'messages_fts_trigram',
      ['content', 'tool_name'],
      'messages_fts_trigram_src',
      'trigram',
      "$.role <> 'tool' AND EXISTS (SELECT 1 FROM sessions WHERE id = $.session_id AND source NOT IN ('cron', 'subagent'))",
    ),
  ].join('\n');
}

/**
 * An index without its own copy of the text.
 * @param condition selects the indexed rows; `$` stands for the row.
 * @param expressions the indexed expressions of columns that are not indexed as stored.
 */
function externalIndex(
  table: string,
  names: readonly string[],
  source: string,
  tokenizer: string,
  condition: string,
  expressions: Readonly<Record<string, string>> = {},
): string {
  const list = names.join(', ');
  const values = (row: string): string =>
    names.map((name) => (expressions[name] ?? `$.${name}`).replaceAll('$', row)).join(', ');
  const where = (row: string): string => condition.replaceAll('$', row);
  const remove = `INSERT INTO ${table}(${table}, rowid, ${list}) SELECT 'delete', old.id, ${values('old')} WHERE ${where('old')};`;
  const add = `INSERT INTO ${table}(rowid, ${list}) SELECT new.id, ${values('new')} WHERE ${where('new')};`;
  return `
CREATE VIRTUAL TABLE ${table} USING fts5(${list}, content='${source}', content_rowid='id', tokenize='${tokenizer}');
CREATE TRIGGER ${table}_insert AFTER INSERT ON messages BEGIN ${add} END;
CREATE TRIGGER ${table}_delete AFTER DELETE ON messages BEGIN ${remove} END;
CREATE TRIGGER ${table}_update AFTER UPDATE OF content, tool_name, tool_calls, role ON messages BEGIN ${remove} ${add} END;`;
}

/** An index with its own copy of the text, all of a message in one column. */
function inlineIndex(table: string, tokenizer: string): string {
  const text =
    "COALESCE(new.content, '') || ' ' || COALESCE(new.tool_name, '') || ' ' || COALESCE(new.tool_calls, '')";
  const add = `INSERT INTO ${table}(rowid, content) VALUES (new.id, ${text});`;
  const remove = `DELETE FROM ${table} WHERE rowid = old.id;`;
  return `
CREATE VIRTUAL TABLE ${table} USING fts5(content, tokenize='${tokenizer}');
CREATE TRIGGER ${table}_insert AFTER INSERT ON messages BEGIN ${add} END;
CREATE TRIGGER ${table}_delete AFTER DELETE ON messages BEGIN ${remove} END;
CREATE TRIGGER ${table}_update AFTER UPDATE ON messages BEGIN ${remove} ${add} END;`;
}
