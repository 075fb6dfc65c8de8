-- Every statement that this store sends, by what has it sent first. Written by: UPDATE_SQL=1 npx jest queries

-- GET /v1/sessions
SELECT e.kind, CAST(sum(e.entries) FILTER (WHERE e.archived = 0) AS bigint) AS kept, CAST(sum(e.entries) FILTER (WHERE e.archived = 1) AS
    bigint) AS archived
  FROM known_counts e
  WHERE true
  GROUP BY 1;
SELECT sum(entries) AS sessions, sum(messages) AS messages
  FROM known_counts
  WHERE kind = 'row';
SELECT e.tip_number AS number, e.root_number, p.id, r.id AS root_id, t.session_rowid AS tip_rowid, r.session_rowid AS root_rowid,
    e.chain_length, e.user_id, e.started_order, e.active_order, p.value, p.message_id
  FROM (SELECT e.root_number AS entry, NULL AS message_id, e.tip_id AS id, e.active_order AS value, e.started_order
  FROM known_conversations e
  WHERE (e.archived = 0)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC LIMIT 3 OFFSET :pageOffset) p
  CROSS JOIN known_conversations e ON e.root_number = p.entry
  CROSS JOIN known_sessions t ON t.number = e.tip_number
  CROSS JOIN known_sessions r ON r.number = e.root_number
  ORDER BY p.value DESC, p.started_order DESC, p.id DESC;
WITH own AS (SELECT value AS number
  FROM json_each(?)), families AS (SELECT k.family_number
  FROM own
  CROSS JOIN known_sessions k ON k.number = own.number) SELECT k.session_rowid, k.id
  FROM families
  CROSS JOIN known_sessions k ON k.number = families.family_number
  UNION SELECT k.session_rowid, k.id
  FROM families
  CROSS JOIN known_sessions k ON k.family_number = families.family_number AND k.family_number <> k.number;
SELECT r.value AS session_rowid
  FROM json_each(?) r
  LEFT JOIN sessions s ON s.rowid = r.value AND (typeof(s.id) = 'text' AND s.id <> '' AND (s.id NOT GLOB '*[^ -~]*' AND length(s.id) =
    octet_length(s.id) OR is_utf8(CAST(s.id AS BLOB))) AND +s.rowid BETWEEN -9007199254740990 AND 9007199254740991)
  LEFT JOIN known_sessions k ON k.session_rowid = r.value
  WHERE (s.rowid IS NULL) <> (k.session_rowid IS NULL) OR s.rowid IS NOT NULL AND (k.id IS NOT (s.id) OR k.parent_session_id IS NOT
    (s.parent_session_id) OR k.platform IS NOT (s.source) OR k.named_user_id IS NOT (s.user_id) OR k.started_at IS NOT (CASE WHEN
    typeof(s.started_at) IN ('real', 'integer') AND s.started_at BETWEEN 0 AND 7258118400 THEN s.started_at END) OR k.ended_at IS NOT (CASE WHEN
    typeof(s.ended_at) IN ('real', 'integer') AND s.ended_at BETWEEN 0 AND 7258118400 THEN s.ended_at END) OR k.end_reason IS NOT (s.end_reason)
    OR k.session_key IS NOT (s.session_key) OR k.markers IS NOT (CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN
    NULL WHEN NOT json_valid(s.model_config) THEN NULL ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from',
    '$._delegate_from'), '[null,null,null]') END) OR k.hidden IS NOT (0) OR k.archived IS NOT ((coalesce(s.archived, 0) <> 0)) OR k.pinned IS
    NOT ((coalesce(s.pinned, 0) <> 0)) OR k.heartbeat_at IS NOT (CASE WHEN typeof(s.last_activity_at) IN ('real', 'integer') AND
    s.last_activity_at BETWEEN 0 AND 7258118400 THEN s.last_activity_at END) OR k.cwd IS NOT (s.cwd) OR k.rewind_count IS NOT (s.rewind_count)
    OR k.title IS NOT (s.title) OR k.model IS NOT (s.model) OR k.message_count IS NOT (s.message_count) OR k.tool_call_count IS NOT
    (s.tool_call_count) OR k.api_call_count IS NOT (s.api_call_count) OR k.input_tokens IS NOT (s.input_tokens) OR k.output_tokens IS NOT
    (s.output_tokens) OR k.cache_read_tokens IS NOT (s.cache_read_tokens) OR k.cache_write_tokens IS NOT (s.cache_write_tokens) OR
    k.reasoning_tokens IS NOT (s.reasoning_tokens) OR k.estimated_cost_usd IS NOT (s.estimated_cost_usd) OR k.actual_cost_usd IS NOT
    (s.actual_cost_usd) OR k.has_system_prompt IS NOT ((coalesce(s.system_prompt, s.system_prompt_hash, '') <> '')) OR k.has_model_config IS NOT
    ((coalesce(s.model_config, '') <> '' AND NOT (s.model_config GLOB '{"_branched_from":"*"}' AND instr(s.model_config, ',') = 0))) OR
    k.newest_message_at IS NOT ((SELECT m.timestamp
  FROM messages m
  WHERE m.session_id = s.id AND m.timestamp >= 0 AND m.timestamp <= 7258118400
  ORDER BY m.timestamp DESC LIMIT 1)) OR k.stored_messages IS NOT ((SELECT count(*)
  FROM messages m
  WHERE m.session_id = s.id)) OR k.inactive_messages IS NOT ((SELECT count(*)
  FROM messages m
  WHERE m.session_id = s.id AND m.active = 0)));
SELECT s.rowid AS session_rowid, s.id AS id, s.source AS source, s.user_id AS user_id, s.parent_session_id AS parent_session_id,
    s.started_at AS started_at, s.ended_at AS ended_at, s.end_reason AS end_reason, s.archived AS archived, s.pinned AS pinned, s.title AS
    title, s.model AS model, s.message_count AS message_count, s.tool_call_count AS tool_call_count, s.api_call_count AS api_call_count,
    s.input_tokens AS input_tokens, s.output_tokens AS output_tokens, s.cache_read_tokens AS cache_read_tokens, s.cache_write_tokens AS
    cache_write_tokens, s.reasoning_tokens AS reasoning_tokens, s.estimated_cost_usd AS estimated_cost_usd, s.actual_cost_usd AS
    actual_cost_usd, NULL AS hidden, s.last_read_at AS last_read_at, (coalesce(s.system_prompt, s.system_prompt_hash, '') <> '') AS
    has_system_prompt, (coalesce(s.model_config, '') <> '' AND NOT (s.model_config GLOB '{"_branched_from":"*"}' AND instr(s.model_config, ',')
    = 0)) AS has_model_config
  FROM "sessions" "s"
  WHERE s.rowid IN (SELECT value
  FROM json_each(?));
SELECT w.value AS id, (SELECT count(*)
  FROM messages m
  WHERE m.session_id = w.value) AS stored
  FROM json_each(?) w;
SELECT w.value AS id, CASE WHEN EXISTS (SELECT 1
  FROM messages m
  WHERE m.session_id = w.value AND m.active = 0) THEN NULL ELSE (SELECT count(*)
  FROM messages m
  WHERE m.session_id = w.value AND m.role = 'user' AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT
    'hidden' AND (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1 AND NOT CASE WHEN octet_length(m.content) <= 131072 THEN (coalesce(substr(m.content, 1, 37) = '[CONTEXT COMPACTION — REFERENCE
    ONLY]' OR substr(m.content, 1, 18) = '[CONTEXT SUMMARY]:', 0) AND NOT (instr(m.content, '[END OF PRIOR CONTEXT — COMPACTION SUMMARY BELOW]')
    > 0 OR instr(m.content, '--- END OF CONTEXT SUMMARY — respond to the message below, not the summary above ---') > 0 AND
    rtrim(substr(m.content, instr(m.content, '--- END OF CONTEXT SUMMARY — respond to the message below, not the summary above ---') + 84),
    char(10, 13, 32)) <> '')) ELSE 0 END) END AS turns
  FROM json_each(?) w;
SELECT m.id, octet_length(m.content)
  FROM messages m
  WHERE m.session_id = ? AND m.role = 'user' AND m.content IS NOT NULL AND m.display_kind IS NOT 'hidden' AND (m.display_metadata IS NULL OR
    coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN octet_length(m.display_metadata) <= 268435456 THEN
    m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) = 0)
  ORDER BY m.timestamp, m.id LIMIT 1 OFFSET ?;
SELECT CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END
  FROM messages m
  WHERE m.session_id = ? AND m.role = 'user' AND m.content IS NOT NULL AND m.display_kind IS NOT 'hidden' AND (m.display_metadata IS NULL OR
    coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN octet_length(m.display_metadata) <= 268435456 THEN
    m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) = 0)
  ORDER BY m.timestamp, m.id LIMIT 1 OFFSET ?;
SELECT 'conversation' AS kind, CAST(count(*) FILTER (WHERE e.archived = 0) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived = 1)
    AS bigint) AS archived
  FROM known_conversations e
  WHERE (e.root_number IN (SELECT k.family_number
  FROM sessions s
  CROSS JOIN known_sessions k ON k.id = s.id
  WHERE s.title = :title))
  UNION ALL SELECT 'child' AS kind, CAST(count(*) FILTER (WHERE e.archived = 0) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived =
    1) AS bigint) AS archived
  FROM known_sessions e
  WHERE (e.number IN (SELECT k.number
  FROM sessions s
  CROSS JOIN known_sessions k ON k.id = s.id
  WHERE s.title = :title)) AND (NOT e.is_entry);
SELECT e.tip_number AS number, e.root_number, p.id, r.id AS root_id, t.session_rowid AS tip_rowid, r.session_rowid AS root_rowid,
    e.chain_length, e.user_id, e.started_order, e.active_order, p.value, p.message_id
  FROM (SELECT e.root_number AS entry, NULL AS message_id, e.tip_id AS id, e.active_order AS value, e.started_order
  FROM known_conversations e
  WHERE (e.root_number IN (SELECT k.family_number
  FROM sessions s
  CROSS JOIN known_sessions k ON k.id = s.id
  WHERE s.title = :title)) AND (e.archived = 0)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC LIMIT 21 OFFSET :pageOffset) p
  CROSS JOIN known_conversations e ON e.root_number = p.entry
  CROSS JOIN known_sessions t ON t.number = e.tip_number
  CROSS JOIN known_sessions r ON r.number = e.root_number
  ORDER BY p.value DESC, p.started_order DESC, p.id DESC;

-- GET /api/sessions
SELECT e.kind, CAST(sum(e.entries) FILTER (WHERE e.archived = 0) AS bigint) AS kept, CAST(sum(e.entries) FILTER (WHERE e.archived = 1) AS
    bigint) AS archived
  FROM known_counts e
  WHERE (e.platform IN (SELECT value
  FROM json_each(:platforms)))
  GROUP BY 1;
SELECT e.tip_number AS number, e.root_number, p.id, r.id AS root_id, t.session_rowid AS tip_rowid, r.session_rowid AS root_rowid,
    e.chain_length, e.user_id, e.started_order, e.active_order, p.value, p.message_id
  FROM (SELECT e.root_number AS entry, NULL AS message_id, e.tip_id AS id, e.active_order AS value, e.started_order
  FROM known_conversations e
  WHERE (e.platform = :platform) AND (e.archived = 0)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC LIMIT 3 OFFSET :pageOffset) p
  CROSS JOIN known_conversations e ON e.root_number = p.entry
  CROSS JOIN known_sessions t ON t.number = e.tip_number
  CROSS JOIN known_sessions r ON r.number = e.root_number
  ORDER BY p.value DESC, p.started_order DESC, p.id DESC;
SELECT e.tip_number AS number, e.root_number, p.id, r.id AS root_id, t.session_rowid AS tip_rowid, r.session_rowid AS root_rowid,
    e.chain_length, e.user_id, e.started_order, e.active_order, p.value, p.message_id
  FROM (SELECT e.root_number AS entry, NULL AS message_id, e.tip_id AS id, e.active_order AS value, e.started_order
  FROM known_conversations e INDEXED BY known_conversations_pinned
  WHERE (e.platform = :platform) AND ((e.pinned)) AND (e.archived = 0)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC LIMIT 1001 OFFSET :pageOffset) p
  CROSS JOIN known_conversations e ON e.root_number = p.entry
  CROSS JOIN known_sessions t ON t.number = e.tip_number
  CROSS JOIN known_sessions r ON r.number = e.root_number
  ORDER BY p.value DESC, p.started_order DESC, p.id DESC;

-- GET /v1/sessions/{session_id}
SELECT rowid
  FROM sessions
  WHERE id = ?;
SELECT s.id AS id, s.parent_session_id AS parent_session_id, s.source AS platform, s.user_id AS user_id, CASE WHEN typeof(s.started_at) IN
    ('real', 'integer') AND s.started_at BETWEEN 0 AND 7258118400 THEN s.started_at END AS started_at, CASE WHEN typeof(s.ended_at) IN ('real',
    'integer') AND s.ended_at BETWEEN 0 AND 7258118400 THEN s.ended_at END AS ended_at, s.end_reason AS end_reason, s.session_key AS
    session_key, CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN NULL WHEN NOT json_valid(s.model_config) THEN NULL
    ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from', '$._delegate_from'), '[null,null,null]') END AS markers, 0 AS
    hidden, (coalesce(s.archived, 0) <> 0) AS archived, (coalesce(s.pinned, 0) <> 0) AS pinned, CASE WHEN typeof(s.last_activity_at) IN ('real',
    'integer') AND s.last_activity_at BETWEEN 0 AND 7258118400 THEN s.last_activity_at END AS heartbeat_at, (SELECT m.timestamp
  FROM messages m
  WHERE m.session_id = s.id AND m.timestamp >= 0 AND m.timestamp <= 7258118400
  ORDER BY m.timestamp DESC LIMIT 1) AS newest_message_at
  FROM sessions s
  WHERE s.id = ?;
SELECT s.id AS id, s.parent_session_id AS parent_session_id, s.source AS platform, s.user_id AS user_id, CASE WHEN typeof(s.started_at) IN
    ('real', 'integer') AND s.started_at BETWEEN 0 AND 7258118400 THEN s.started_at END AS started_at, CASE WHEN typeof(s.ended_at) IN ('real',
    'integer') AND s.ended_at BETWEEN 0 AND 7258118400 THEN s.ended_at END AS ended_at, s.end_reason AS end_reason, s.session_key AS
    session_key, CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN NULL WHEN NOT json_valid(s.model_config) THEN NULL
    ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from', '$._delegate_from'), '[null,null,null]') END AS markers, 0 AS
    hidden, (coalesce(s.archived, 0) <> 0) AS archived, (coalesce(s.pinned, 0) <> 0) AS pinned, CASE WHEN typeof(s.last_activity_at) IN ('real',
    'integer') AND s.last_activity_at BETWEEN 0 AND 7258118400 THEN s.last_activity_at END AS heartbeat_at, (SELECT m.timestamp
  FROM messages m
  WHERE m.session_id = s.id AND m.timestamp >= 0 AND m.timestamp <= 7258118400
  ORDER BY m.timestamp DESC LIMIT 1) AS newest_message_at
  FROM sessions s
  WHERE s.parent_session_id = ?;

-- GET /v1/sessions/{session_id}/messages
SELECT 1
  FROM messages
  WHERE session_id IN (SELECT value
  FROM json_each(?)) AND active = 0 LIMIT 1;
SELECT 1
  FROM messages m
  WHERE m.session_id IN (SELECT value
  FROM json_each(?)) AND m.active = 0 AND m.compacted <> 0 LIMIT 1;
SELECT count(*) AS "total"
  FROM "messages" "m"
  WHERE m.session_id = ? AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1 AND m.role IN (?);
SELECT CAST(m.id AS TEXT) AS id, coalesce(octet_length(m."content"), 0) + coalesce(octet_length(m."tool_calls"), 0) +
    coalesce(octet_length(m."reasoning"), 0) + coalesce(octet_length(m."reasoning_content"), 0) AS bytes
  FROM "messages" "m"
  WHERE m.session_id = ? AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1 AND m.role IN (?) AND m.id > 1
  ORDER BY m.id ASC LIMIT 51 OFFSET 0;
SELECT CAST(m.id AS TEXT) AS own_id, m.id AS id, m.session_id AS session_id, m.role AS role, m.tool_call_id AS tool_call_id, m.tool_name AS
    tool_name, m.timestamp AS timestamp, CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END AS content, CASE WHEN
    octet_length(m.tool_calls) <= 268435456 THEN m.tool_calls END AS tool_calls, CASE WHEN octet_length(m.reasoning) <= 268435456 THEN
    m.reasoning END AS reasoning, CASE WHEN octet_length(m.reasoning_content) <= 268435456 THEN m.reasoning_content END AS reasoning_content,
    (coalesce(octet_length(m.content), 0) > 268435456 OR coalesce(octet_length(m.tool_calls), 0) > 268435456 OR
    coalesce(octet_length(m.reasoning), 0) > 268435456 OR coalesce(octet_length(m.reasoning_content), 0) > 268435456) AS is_too_large,
    m.finish_reason AS finish_reason, m.token_count AS token_count, coalesce(m.active, 1) <> 0 AS active
  FROM messages m
  WHERE m.id IN (SELECT CAST(value AS INTEGER)
  FROM json_each(?));
SELECT count(*) AS "total"
  FROM "messages" "m"
  WHERE m.session_id IN (?, ?, ?) AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1;
SELECT CAST(m.id AS TEXT) AS id, coalesce(octet_length(m."content"), 0) + coalesce(octet_length(m."tool_calls"), 0) +
    coalesce(octet_length(m."reasoning"), 0) + coalesce(octet_length(m."reasoning_content"), 0) AS bytes
  FROM "messages" "m"
  WHERE m.session_id IN (?, ?, ?) AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1
  ORDER BY m.id DESC LIMIT 51 OFFSET 0;
SELECT count(*) AS "total"
  FROM "messages" "m"
  WHERE m.session_id = ? AND m.display_kind IS NOT 'hidden' AND (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) =
    'text' AND json_valid(CASE WHEN octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN
    json_extract(m.display_metadata, '$.model_only') END, 0) = 0);
SELECT CAST(m.id AS TEXT) AS id, coalesce(octet_length(m."content"), 0) + coalesce(octet_length(m."tool_calls"), 0) +
    coalesce(octet_length(m."reasoning"), 0) + coalesce(octet_length(m."reasoning_content"), 0) AS bytes
  FROM "messages" "m"
  WHERE m.session_id = ? AND m.display_kind IS NOT 'hidden' AND (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) =
    'text' AND json_valid(CASE WHEN octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN
    json_extract(m.display_metadata, '$.model_only') END, 0) = 0)
  ORDER BY m.id ASC LIMIT 51 OFFSET 0;

-- GET /v1/sessions/{session_id}/export
SELECT m.id AS at, m.id AS id, coalesce(octet_length(m."content"), 0) + coalesce(octet_length(m."tool_calls"), 0) +
    coalesce(octet_length(m."reasoning"), 0) + coalesce(octet_length(m."reasoning_content"), 0) AS bytes
  FROM "messages" "m"
  WHERE m.session_id = ? AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1 AND m.id > -9007199254740991
  ORDER BY m.id ASC LIMIT 200;
SELECT m.id AS id, m.session_id AS session_id, m.role AS role, m.tool_call_id AS tool_call_id, m.tool_name AS tool_name, m.timestamp AS
    timestamp, CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END AS content, CASE WHEN octet_length(m.tool_calls) <= 268435456
    THEN m.tool_calls END AS tool_calls, CASE WHEN octet_length(m.reasoning) <= 268435456 THEN m.reasoning END AS reasoning, CASE WHEN
    octet_length(m.reasoning_content) <= 268435456 THEN m.reasoning_content END AS reasoning_content, (coalesce(octet_length(m.content), 0) >
    268435456 OR coalesce(octet_length(m.tool_calls), 0) > 268435456 OR coalesce(octet_length(m.reasoning), 0) > 268435456 OR
    coalesce(octet_length(m.reasoning_content), 0) > 268435456) AS is_too_large, m.finish_reason AS finish_reason, m.token_count AS token_count,
    coalesce(m.active, 1) <> 0 AS active
  FROM "messages" "m"
  WHERE m.session_id = ? AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1 AND m.id > -9007199254740991 AND m.id <= 6
  ORDER BY m.id ASC;
SELECT m.id AS id, m.session_id AS session_id, m.role AS role, m.tool_call_id AS tool_call_id, m.tool_name AS tool_name, m.timestamp AS
    timestamp, CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END AS content, CASE WHEN octet_length(m.tool_calls) <= 268435456
    THEN m.tool_calls END AS tool_calls, CASE WHEN octet_length(m.reasoning) <= 268435456 THEN m.reasoning END AS reasoning, CASE WHEN
    octet_length(m.reasoning_content) <= 268435456 THEN m.reasoning_content END AS reasoning_content, (coalesce(octet_length(m.content), 0) >
    268435456 OR coalesce(octet_length(m.tool_calls), 0) > 268435456 OR coalesce(octet_length(m.reasoning), 0) > 268435456 OR
    coalesce(octet_length(m.reasoning_content), 0) > 268435456) AS is_too_large, m.finish_reason AS finish_reason, m.token_count AS token_count,
    coalesce(m.active, 1) <> 0 AS active
  FROM "messages" "m"
  WHERE m.session_id = ? AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1 AND m.id > -9007199254740991 AND m.id <= 8
  ORDER BY m.id ASC;
SELECT m.id AS id, m.session_id AS session_id, m.role AS role, m.tool_call_id AS tool_call_id, m.tool_name AS tool_name, m.timestamp AS
    timestamp, CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END AS content, CASE WHEN octet_length(m.tool_calls) <= 268435456
    THEN m.tool_calls END AS tool_calls, CASE WHEN octet_length(m.reasoning) <= 268435456 THEN m.reasoning END AS reasoning, CASE WHEN
    octet_length(m.reasoning_content) <= 268435456 THEN m.reasoning_content END AS reasoning_content, (coalesce(octet_length(m.content), 0) >
    268435456 OR coalesce(octet_length(m.tool_calls), 0) > 268435456 OR coalesce(octet_length(m.reasoning), 0) > 268435456 OR
    coalesce(octet_length(m.reasoning_content), 0) > 268435456) AS is_too_large, m.finish_reason AS finish_reason, m.token_count AS token_count,
    coalesce(m.active, 1) <> 0 AS active
  FROM "messages" "m"
  WHERE m.session_id = ? AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND 1 AND m.id > -9007199254740991 AND m.id <= 10
  ORDER BY m.id ASC;

-- GET /v1/sessions/events
SELECT m.id, m.session_id, coalesce(octet_length(m."content"), 0) + coalesce(octet_length(m."tool_calls"), 0) +
    coalesce(octet_length(m."reasoning"), 0) + coalesce(octet_length(m."reasoning_content"), 0) AS bytes
  FROM messages m
  WHERE m.id > ?
  ORDER BY m.id LIMIT 100;
SELECT m.id
  FROM messages m
  WHERE m.id IN (SELECT value
  FROM json_each(?)) AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0) AND m.id = m.id;
SELECT m.id AS id, m.session_id AS session_id, m.role AS role, m.tool_call_id AS tool_call_id, m.tool_name AS tool_name, m.timestamp AS
    timestamp, CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END AS content, CASE WHEN octet_length(m.tool_calls) <= 268435456
    THEN m.tool_calls END AS tool_calls, CASE WHEN octet_length(m.reasoning) <= 268435456 THEN m.reasoning END AS reasoning, CASE WHEN
    octet_length(m.reasoning_content) <= 268435456 THEN m.reasoning_content END AS reasoning_content, (coalesce(octet_length(m.content), 0) >
    268435456 OR coalesce(octet_length(m.tool_calls), 0) > 268435456 OR coalesce(octet_length(m.reasoning), 0) > 268435456 OR
    coalesce(octet_length(m.reasoning_content), 0) > 268435456) AS is_too_large, m.finish_reason AS finish_reason, m.token_count AS token_count,
    coalesce(m.active, 1) <> 0 AS active
  FROM messages m
  WHERE m.id = ?;

-- PATCH /v1/sessions/{session_id}
SELECT seq
  FROM main.sqlite_sequence
  WHERE name = 'messages';
SELECT title
  FROM sessions
  WHERE id = ?;
SELECT s.id, s.source, (coalesce(s.archived, 0) <> 0) AS archived, 0 AS hidden
  FROM sessions s
  WHERE s.title = ? AND s.id <> ?;
UPDATE sessions SET title = ?
  WHERE id = ?;
UPDATE sessions SET title_source = ?
  WHERE id = ?;
UPDATE sessions SET archived = ?
  WHERE id = ?;
UPDATE sessions SET pinned = ?
  WHERE id = ?;

-- DELETE /v1/sessions/{session_id}
SELECT s.id, s.parent_session_id, CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN NULL WHEN NOT
    json_valid(s.model_config) THEN NULL ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from', '$._delegate_from'),
    '[null,null,null]') END AS markers
  FROM sessions s
  WHERE instr(s.model_config, '_delegate_from') > 0;
SELECT conversation_id AS session, holder, expires_at
  FROM session_turn_leases
  WHERE expires_at > ?;
SELECT session_id AS session, holder, expires_at
  FROM compression_locks
  WHERE expires_at > ?;
SELECT sum((coalesce(octet_length(m.content), 0) + coalesce(octet_length(m.tool_calls), 0)))
  FROM messages m
  WHERE m.session_id IN (SELECT value
  FROM json_each(?));
SELECT id
  FROM sessions
  WHERE parent_session_id IN (SELECT value
  FROM json_each(?)) AND NOT id IN (SELECT value
  FROM json_each(?));
SELECT CAST(m.id AS TEXT) AS id, length(CAST(m.content AS TEXT)) AS length, d.sz AS sizes
  FROM messages m
  JOIN messages_fts_trigram_docsize d ON d.id = m.id
  WHERE m.session_id IN (SELECT value
  FROM json_each(?)) AND typeof(m.content) IN ('text', 'blob') AND NOT (coalesce(octet_length(m.content), 0) > 268435456) AND
    instr(CAST(m.content AS BLOB), x'00') > 0;
SELECT DISTINCT system_prompt_hash AS hash
  FROM sessions
  WHERE system_prompt_hash IS NOT NULL AND id IN (SELECT value
  FROM json_each(?));
UPDATE sessions SET parent_session_id = NULL
  WHERE parent_session_id IN (SELECT value
  FROM json_each(?)) AND NOT id IN (SELECT value
  FROM json_each(?));
DELETE
  FROM messages
  WHERE session_id IN (SELECT value
  FROM json_each(?));
DELETE
  FROM session_model_usage
  WHERE session_id IN (SELECT value
  FROM json_each(?));
DELETE
  FROM sessions
  WHERE id IN (SELECT value
  FROM json_each(?));

-- the index, following a commit by which sessions went
SELECT k.number, k.session_rowid, k.id, k.parent_session_id, k.platform, k.named_user_id, k.started_at, k.ended_at, k.end_reason,
    k.session_key, k.markers, k.hidden, k.archived, k.pinned, k.heartbeat_at, k.cwd, k.rewind_count, k.title, k.model, k.message_count,
    k.tool_call_count, k.api_call_count, k.input_tokens, k.output_tokens, k.cache_read_tokens, k.cache_write_tokens, k.reasoning_tokens,
    k.estimated_cost_usd, k.actual_cost_usd, k.has_system_prompt, k.has_model_config, k.newest_message_at, k.stored_messages,
    k.inactive_messages, k.user_id, k.root_number, k.family_number, k.chain_length, k.is_entry
  FROM known_sessions k
  WHERE k.id = ?;
SELECT s.rowid AS session_rowid, s.user_id AS user_id, s.id AS id, s.parent_session_id AS parent_session_id, s.source AS platform, s.user_id
    AS named_user_id, CASE WHEN typeof(s.started_at) IN ('real', 'integer') AND s.started_at BETWEEN 0 AND 7258118400 THEN s.started_at END AS
    started_at, CASE WHEN typeof(s.ended_at) IN ('real', 'integer') AND s.ended_at BETWEEN 0 AND 7258118400 THEN s.ended_at END AS ended_at,
    s.end_reason AS end_reason, s.session_key AS session_key, CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN NULL
    WHEN NOT json_valid(s.model_config) THEN NULL ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from',
    '$._delegate_from'), '[null,null,null]') END AS markers, 0 AS hidden, (coalesce(s.archived, 0) <> 0) AS archived, (coalesce(s.pinned, 0) <>
    0) AS pinned, CASE WHEN typeof(s.last_activity_at) IN ('real', 'integer') AND s.last_activity_at BETWEEN 0 AND 7258118400 THEN
    s.last_activity_at END AS heartbeat_at, s.cwd AS cwd, s.rewind_count AS rewind_count, s.title AS title, s.model AS model, s.message_count AS
    message_count, s.tool_call_count AS tool_call_count, s.api_call_count AS api_call_count, s.input_tokens AS input_tokens, s.output_tokens AS
    output_tokens, s.cache_read_tokens AS cache_read_tokens, s.cache_write_tokens AS cache_write_tokens, s.reasoning_tokens AS reasoning_tokens,
    s.estimated_cost_usd AS estimated_cost_usd, s.actual_cost_usd AS actual_cost_usd, (coalesce(s.system_prompt, s.system_prompt_hash, '') <>
    '') AS has_system_prompt, (coalesce(s.model_config, '') <> '' AND NOT (s.model_config GLOB '{"_branched_from":"*"}' AND
    instr(s.model_config, ',') = 0)) AS has_model_config, (SELECT m.timestamp
  FROM messages m
  WHERE m.session_id = s.id AND m.timestamp >= 0 AND m.timestamp <= 7258118400
  ORDER BY m.timestamp DESC LIMIT 1) AS newest_message_at, (SELECT count(*)
  FROM messages m
  WHERE m.session_id = s.id) AS stored_messages, (SELECT count(*)
  FROM messages m
  WHERE m.session_id = s.id AND m.active = 0) AS inactive_messages
  FROM sessions s
  WHERE s.rowid = ? AND (typeof(s.id) = 'text' AND s.id <> '' AND (s.id NOT GLOB '*[^ -~]*' AND length(s.id) = octet_length(s.id) OR
    is_utf8(CAST(s.id AS BLOB))) AND +s.rowid BETWEEN -9007199254740990 AND 9007199254740991);
SELECT k.number, k.session_rowid, k.id, k.parent_session_id, k.platform, k.named_user_id, k.started_at, k.ended_at, k.end_reason,
    k.session_key, k.markers, k.hidden, k.archived, k.pinned, k.heartbeat_at, k.cwd, k.rewind_count, k.title, k.model, k.message_count,
    k.tool_call_count, k.api_call_count, k.input_tokens, k.output_tokens, k.cache_read_tokens, k.cache_write_tokens, k.reasoning_tokens,
    k.estimated_cost_usd, k.actual_cost_usd, k.has_system_prompt, k.has_model_config, k.newest_message_at, k.stored_messages,
    k.inactive_messages, k.user_id, k.root_number, k.family_number, k.chain_length, k.is_entry
  FROM known_sessions k
  WHERE k.number = ?;
SELECT k.number, k.session_rowid, k.id, k.parent_session_id, k.platform, k.named_user_id, k.started_at, k.ended_at, k.end_reason,
    k.session_key, k.markers, k.hidden, k.archived, k.pinned, k.heartbeat_at, k.cwd, k.rewind_count, k.title, k.model, k.message_count,
    k.tool_call_count, k.api_call_count, k.input_tokens, k.output_tokens, k.cache_read_tokens, k.cache_write_tokens, k.reasoning_tokens,
    k.estimated_cost_usd, k.actual_cost_usd, k.has_system_prompt, k.has_model_config, k.newest_message_at, k.stored_messages,
    k.inactive_messages, k.user_id, k.root_number, k.family_number, k.chain_length, k.is_entry
  FROM known_sessions k
  WHERE k.family_number = ? AND k.family_number <> k.number;
SELECT rowid AS session_rowid, id
  FROM sessions;
SELECT session_rowid, id
  FROM known_sessions;
SELECT k.number, k.session_rowid, k.id, k.parent_session_id, k.platform, k.named_user_id, k.started_at, k.ended_at, k.end_reason,
    k.session_key, k.markers, k.hidden, k.archived, k.pinned, k.heartbeat_at, k.cwd, k.rewind_count, k.title, k.model, k.message_count,
    k.tool_call_count, k.api_call_count, k.input_tokens, k.output_tokens, k.cache_read_tokens, k.cache_write_tokens, k.reasoning_tokens,
    k.estimated_cost_usd, k.actual_cost_usd, k.has_system_prompt, k.has_model_config, k.newest_message_at, k.stored_messages,
    k.inactive_messages, k.user_id, k.root_number, k.family_number, k.chain_length, k.is_entry
  FROM known_sessions k
  WHERE k.parent_session_id = ?;
SELECT session_id, count(*) AS stored
  FROM messages
  GROUP BY session_id;
SELECT session_rowid, id, stored_messages
  FROM known_sessions;
SELECT m.id, CASE WHEN coalesce(m.active, 1) <> 0 THEN 1 ELSE (SELECT coalesce(c.compacted, 0) <> 0
  FROM messages c
  WHERE c.id = m.id) END AS findable
  FROM messages m
  WHERE m.session_id = ?;

-- GET /health/detailed
SELECT count(*)
  FROM sessions
  WHERE ended_at IS NULL;

-- the index thread, making an index
SELECT max(version)
  FROM schema_version;
INSERT INTO known_sessions (number, session_rowid, id, parent_session_id, platform, named_user_id, started_at, ended_at, end_reason,
    session_key, markers, hidden, archived, pinned, heartbeat_at, cwd, rewind_count, title, model, message_count, tool_call_count,
    api_call_count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, estimated_cost_usd, actual_cost_usd,
    has_system_prompt, has_model_config, newest_message_at, stored_messages, inactive_messages, delegate_from, started_order, active_order,
    root_number, family_number, chain_length, is_entry, user_id)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
UPDATE known_sessions SET session_rowid = ?, id = ?, parent_session_id = ?, platform = ?, named_user_id = ?, started_at = ?, ended_at = ?,
    end_reason = ?, session_key = ?, markers = ?, hidden = ?, archived = ?, pinned = ?, heartbeat_at = ?, cwd = ?, rewind_count = ?, title = ?,
    model = ?, message_count = ?, tool_call_count = ?, api_call_count = ?, input_tokens = ?, output_tokens = ?, cache_read_tokens = ?,
    cache_write_tokens = ?, reasoning_tokens = ?, estimated_cost_usd = ?, actual_cost_usd = ?, has_system_prompt = ?, has_model_config = ?,
    newest_message_at = ?, stored_messages = ?, inactive_messages = ?, delegate_from = ?, started_order = ?, active_order = ?
  WHERE number = ?;
UPDATE known_sessions SET session_rowid = number - 9223372036854775807
  WHERE number = ?;
DELETE
  FROM known_sessions
  WHERE number = ?;
UPDATE known_sessions SET root_number = ?, family_number = ?, chain_length = ?, is_entry = ?, user_id = ?
  WHERE number = ?;
INSERT INTO known_conversations (root_number, tip_number, tip_id, started_order, active_order, platform, user_id, archived, model, is_ended,
    is_titled, is_pinned, pinned, messages, chain_length, owner_id, other_platforms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (root_number) DO UPDATE SET tip_number = excluded.tip_number, tip_id = excluded.tip_id, started_order = excluded.started_order,
    active_order = excluded.active_order, platform = excluded.platform, user_id = excluded.user_id, archived = excluded.archived, model =
    excluded.model, is_ended = excluded.is_ended, is_titled = excluded.is_titled, is_pinned = excluded.is_pinned, pinned = excluded.pinned,
    messages = excluded.messages, chain_length = excluded.chain_length, owner_id = excluded.owner_id, other_platforms = excluded.other_platforms;
DELETE
  FROM known_conversations
  WHERE root_number = ?;
INSERT INTO known_messages
  VALUES (?, ?)
  ON CONFLICT DO UPDATE SET session = excluded.session;
WITH lists AS MATERIALIZED (SELECT value ->> 0 AS number, value -> 1 AS ids
  FROM json_each(?)) INSERT OR REPLACE INTO known_messages SELECT own.value, lists.number
  FROM lists
  CROSS JOIN json_each(lists.ids) own;
SELECT rowid
  FROM sessions
  WHERE rowid > ? AND rowid <= ?
  ORDER BY rowid LIMIT 1 OFFSET ?;
SELECT s.rowid AS session_rowid, s.user_id AS user_id, s.id AS id, s.parent_session_id AS parent_session_id, s.source AS platform, s.user_id
    AS named_user_id, CASE WHEN typeof(s.started_at) IN ('real', 'integer') AND s.started_at BETWEEN 0 AND 7258118400 THEN s.started_at END AS
    started_at, CASE WHEN typeof(s.ended_at) IN ('real', 'integer') AND s.ended_at BETWEEN 0 AND 7258118400 THEN s.ended_at END AS ended_at,
    s.end_reason AS end_reason, s.session_key AS session_key, CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN NULL
    WHEN NOT json_valid(s.model_config) THEN NULL ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from',
    '$._delegate_from'), '[null,null,null]') END AS markers, 0 AS hidden, (coalesce(s.archived, 0) <> 0) AS archived, (coalesce(s.pinned, 0) <>
    0) AS pinned, CASE WHEN typeof(s.last_activity_at) IN ('real', 'integer') AND s.last_activity_at BETWEEN 0 AND 7258118400 THEN
    s.last_activity_at END AS heartbeat_at, s.cwd AS cwd, s.rewind_count AS rewind_count, s.title AS title, s.model AS model, s.message_count AS
    message_count, s.tool_call_count AS tool_call_count, s.api_call_count AS api_call_count, s.input_tokens AS input_tokens, s.output_tokens AS
    output_tokens, s.cache_read_tokens AS cache_read_tokens, s.cache_write_tokens AS cache_write_tokens, s.reasoning_tokens AS reasoning_tokens,
    s.estimated_cost_usd AS estimated_cost_usd, s.actual_cost_usd AS actual_cost_usd, (coalesce(s.system_prompt, s.system_prompt_hash, '') <>
    '') AS has_system_prompt, (coalesce(s.model_config, '') <> '' AND NOT (s.model_config GLOB '{"_branched_from":"*"}' AND
    instr(s.model_config, ',') = 0)) AS has_model_config, (SELECT m.timestamp
  FROM messages m
  WHERE m.session_id = s.id AND m.timestamp >= 0 AND m.timestamp <= 7258118400
  ORDER BY m.timestamp DESC LIMIT 1) AS newest_message_at, (SELECT count(*)
  FROM messages m
  WHERE m.session_id = s.id) AS stored_messages, (SELECT count(*)
  FROM messages m
  WHERE m.session_id = s.id AND m.active = 0) AS inactive_messages
  FROM sessions s
  WHERE s.rowid > ? AND s.rowid <= ? AND (typeof(s.id) = 'text' AND s.id <> '' AND (s.id NOT GLOB '*[^ -~]*' AND length(s.id) =
    octet_length(s.id) OR is_utf8(CAST(s.id AS BLOB))) AND +s.rowid BETWEEN -9007199254740990 AND 9007199254740991);
SELECT s.rowid, json_group_array(m.id) FILTER (WHERE CASE WHEN coalesce(m.active, 1) <> 0 THEN 1 ELSE (SELECT coalesce(c.compacted, 0) <> 0
  FROM messages c
  WHERE c.id = m.id) END), json_group_array(m.id) FILTER (WHERE NOT CASE WHEN coalesce(m.active, 1) <> 0 THEN 1 ELSE (SELECT
    coalesce(c.compacted, 0) <> 0
  FROM messages c
  WHERE c.id = m.id) END)
  FROM sessions s
  CROSS JOIN messages m ON m.session_id = s.id
  WHERE s.rowid > ? AND s.rowid <= ?
  GROUP BY s.rowid;
SELECT number, id
  FROM known_sessions
  WHERE root_number IS NULL AND number > ?
  ORDER BY number LIMIT 1000;

-- the index thread
SELECT s.rowid AS session_rowid, k.session_rowid AS known_rowid, (typeof(s.id) = 'text' AND s.id <> '' AND (s.id NOT GLOB '*[^ -~]*' AND
    length(s.id) = octet_length(s.id) OR is_utf8(CAST(s.id AS BLOB))) AND +s.rowid BETWEEN -9007199254740990 AND 9007199254740991) AS has_id
  FROM sessions s
  LEFT JOIN known_sessions k ON k.session_rowid = s.rowid
  WHERE s.rowid > ? AND s.rowid <= ? AND (k.session_rowid IS NULL OR k.id IS NOT (s.id) OR k.parent_session_id IS NOT (s.parent_session_id) OR
    k.platform IS NOT (s.source) OR k.named_user_id IS NOT (s.user_id) OR k.started_at IS NOT (CASE WHEN typeof(s.started_at) IN ('real',
    'integer') AND s.started_at BETWEEN 0 AND 7258118400 THEN s.started_at END) OR k.ended_at IS NOT (CASE WHEN typeof(s.ended_at) IN ('real',
    'integer') AND s.ended_at BETWEEN 0 AND 7258118400 THEN s.ended_at END) OR k.end_reason IS NOT (s.end_reason) OR k.session_key IS NOT
    (s.session_key) OR k.markers IS NOT (CASE WHEN s.model_config IS NULL OR instr(s.model_config, '_from') = 0 THEN NULL WHEN NOT
    json_valid(s.model_config) THEN NULL ELSE nullif(json_extract(s.model_config, '$._branched_from', '$._reset_from', '$._delegate_from'),
    '[null,null,null]') END) OR k.hidden IS NOT (0) OR k.archived IS NOT ((coalesce(s.archived, 0) <> 0)) OR k.pinned IS NOT
    ((coalesce(s.pinned, 0) <> 0)) OR k.heartbeat_at IS NOT (CASE WHEN typeof(s.last_activity_at) IN ('real', 'integer') AND s.last_activity_at
    BETWEEN 0 AND 7258118400 THEN s.last_activity_at END) OR k.cwd IS NOT (s.cwd) OR k.rewind_count IS NOT (s.rewind_count) OR k.title IS NOT
    (s.title) OR k.model IS NOT (s.model) OR k.message_count IS NOT (s.message_count) OR k.tool_call_count IS NOT (s.tool_call_count) OR
    k.api_call_count IS NOT (s.api_call_count) OR k.input_tokens IS NOT (s.input_tokens) OR k.output_tokens IS NOT (s.output_tokens) OR
    k.cache_read_tokens IS NOT (s.cache_read_tokens) OR k.cache_write_tokens IS NOT (s.cache_write_tokens) OR k.reasoning_tokens IS NOT
    (s.reasoning_tokens) OR k.estimated_cost_usd IS NOT (s.estimated_cost_usd) OR k.actual_cost_usd IS NOT (s.actual_cost_usd) OR
    k.has_system_prompt IS NOT ((coalesce(s.system_prompt, s.system_prompt_hash, '') <> '')) OR k.has_model_config IS NOT
    ((coalesce(s.model_config, '') <> '' AND NOT (s.model_config GLOB '{"_branched_from":"*"}' AND instr(s.model_config, ',') = 0))));
SELECT (SELECT count(*)
  FROM sessions s
  WHERE s.rowid > ? AND s.rowid <= ?) AS present, (SELECT count(*)
  FROM known_sessions k
  WHERE k.session_rowid > ? AND k.session_rowid <= ?) AS known;
SELECT id
  FROM known_sessions
  WHERE id > ?
  ORDER BY id LIMIT 1 OFFSET ?;
SELECT k.session_rowid
  FROM known_sessions k
  LEFT JOIN ( SELECT m.session_id, max(CASE WHEN typeof(m.timestamp) IN ('real', 'integer') AND m.timestamp BETWEEN 0 AND 7258118400 THEN
    m.timestamp END) AS newest, count(*) AS stored, sum(m.active = 0) AS inactive
  FROM messages m
  WHERE m.session_id > ?
  GROUP BY m.session_id ) c ON c.session_id = k.id
  WHERE k.id > ? AND (k.stored_messages IS NOT coalesce(c.stored, 0) OR k.inactive_messages IS NOT coalesce(c.inactive, 0) OR
    k.newest_message_at IS NOT c.newest);

-- a search thread, where an index has the words
SELECT max(id)
  FROM messages;
SELECT id
  FROM messages
  WHERE id > ?
  ORDER BY id LIMIT 1 OFFSET ?;
SELECT m.id
  FROM messages m
  WHERE m.id > ? AND m.id <= ? AND NOT (m.display_kind IS NOT 'hidden' AND (m.display_metadata IS NULL OR coalesce(CASE WHEN
    typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN
    json_extract(m.display_metadata, '$.model_only') END, 0) = 0));
SELECT term
  FROM temp.words_of_messages_fts
  WHERE term > ?
  ORDER BY term;
SELECT key, value
  FROM state_meta
  WHERE key IN ('fts_stale', 'fts_rebuild_high_water', 'fts_rebuild_progress');
SELECT m.id, m.display_kind IS NOT 'hidden' AND (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND
    json_valid(CASE WHEN octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata,
    '$.model_only') END, 0) = 0) AS displayed, (coalesce(octet_length(m.content), 0) + coalesce(octet_length(m.tool_calls), 0)) AS bytes
  FROM messages m
  WHERE m.id > ?
  ORDER BY m.id LIMIT 500;
SELECT 1
  FROM messages_fts
  WHERE messages_fts MATCH ? LIMIT 1;
SELECT rowid
  FROM messages_fts
  WHERE messages_fts MATCH ?;
SELECT count(*)
  FROM messages_fts
  WHERE messages_fts MATCH ?;
INSERT INTO temp.found_sessions (session, score, message_id) SELECT abs(o.session), -f.rank, f.rowid
  FROM messages_fts f
  CROSS JOIN known_messages o ON o.id = f.rowid
  CROSS JOIN messages m ON m.id = f.rowid
  WHERE f.messages_fts MATCH ? AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0)
  ON CONFLICT (session) DO UPDATE SET score = excluded.score, message_id = excluded.message_id
  WHERE excluded.score > score OR (excluded.score = score AND excluded.message_id > message_id);
SELECT rowid, title
  FROM sessions
  WHERE title IS NOT NULL;
INSERT OR IGNORE INTO temp.found_children SELECT k.number
  FROM temp.found_sessions f
  CROSS JOIN known_sessions k INDEXED BY known_sessions_children ON k.number = f.session
  WHERE NOT k.is_entry;
INSERT OR IGNORE INTO temp.found_children SELECT k.number
  FROM known_sessions k INDEXED BY known_sessions_by_family
  CROSS JOIN temp.found_sessions f ON f.session = k.number
  WHERE k.family_number <> k.number;
INSERT OR IGNORE INTO temp.found_children SELECT k.number
  FROM temp.found_titles f
  CROSS JOIN known_sessions k INDEXED BY known_sessions_children ON k.number = f.session
  WHERE NOT k.is_entry;
INSERT OR IGNORE INTO temp.found_children SELECT k.number
  FROM known_sessions k INDEXED BY known_sessions_by_family
  CROSS JOIN temp.found_titles f ON f.session = k.number
  WHERE k.family_number <> k.number;
INSERT INTO temp.found_sessions (session, score, message_id) SELECT k.family_number, f.score, f.message_id
  FROM known_sessions k INDEXED BY known_sessions_by_family
  CROSS JOIN temp.found_sessions f ON f.session = k.number
  WHERE k.family_number <> k.number
  ON CONFLICT (session) DO UPDATE SET score = excluded.score, message_id = excluded.message_id
  WHERE excluded.score > score OR (excluded.score = score AND excluded.message_id > message_id);
INSERT INTO temp.found_sessions (session, score, message_id) SELECT DISTINCT k.family_number, 1000, NULL
  FROM temp.found_titles f
  CROSS JOIN known_sessions k ON k.number = f.session
  WHERE true
  ON CONFLICT (session) DO UPDATE SET score = score + excluded.score;
SELECT e.tip_number AS number, e.root_number, p.id, r.id AS root_id, t.session_rowid AS tip_rowid, r.session_rowid AS root_rowid,
    e.chain_length, e.user_id, e.started_order, e.active_order, p.value, p.message_id
  FROM (SELECT e.root_number AS entry, f.message_id AS message_id, e.tip_id AS id, f.score AS value, e.started_order
  FROM temp.found_sessions f
  CROSS JOIN known_conversations e ON e.root_number = f.session
  WHERE true
  ORDER BY f.score DESC, e.started_order DESC, e.tip_id DESC LIMIT 21 OFFSET :pageOffset) p
  CROSS JOIN known_conversations e ON e.root_number = p.entry
  CROSS JOIN known_sessions t ON t.number = e.tip_number
  CROSS JOIN known_sessions r ON r.number = e.root_number
  ORDER BY p.value DESC, p.started_order DESC, p.id DESC;
SELECT 'conversation' AS kind, CAST(count(*) FILTER (WHERE e.archived = 0) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived = 1)
    AS bigint) AS archived
  FROM temp.found_sessions f
  CROSS JOIN known_conversations e ON e.root_number = f.session
  WHERE true
  UNION ALL SELECT 'child' AS kind, CAST(count(*) FILTER (WHERE e.archived = 0) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived =
    1) AS bigint) AS archived
  FROM temp.found_children f
  CROSS JOIN known_sessions e ON e.number = f.session
  WHERE (NOT e.is_entry);
SELECT m.id, m.role, m.timestamp, CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END AS content, m.tool_name, CASE WHEN
    octet_length(m.tool_calls) <= 268435456 THEN m.tool_calls END AS tool_calls
  FROM messages m
  WHERE m.id = ? AND m.session_id IN (SELECT value
  FROM json_each(?)) AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0) <> 0) AND m.display_kind IS NOT 'hidden' AND
    (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND json_valid(CASE WHEN
    octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata, '$.model_only') END, 0) =
    0);

-- a search thread, where none has them
SELECT max(id)
  FROM messages
  WHERE id <= ?;
SELECT sum((coalesce(octet_length(m.content), 0) + coalesce(octet_length(m.tool_calls), 0)))
  FROM messages m
  WHERE m.id > ? AND m.id <= ?;
SELECT m.id, abs(o.session) AS session, CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END AS content, m.tool_name, CASE WHEN
    octet_length(m.tool_calls) <= 268435456 THEN m.tool_calls END AS tool_calls
  FROM messages m
  CROSS JOIN known_messages o ON o.id = m.id
  WHERE m.id > ? AND m.id <= ? AND (instr(CASE WHEN octet_length(m.content) <= 268435456 THEN m.content END, ?) > 0 OR instr(CASE WHEN
    octet_length(m.tool_calls) <= 268435456 THEN m.tool_calls END, ?) > 0 OR instr(m.tool_name, ?) > 0 OR substr(CAST(CASE WHEN
    octet_length(m.content) <= 268435456 THEN m.content END AS BLOB), 1, 1) = x'00') AND (coalesce(m.active, 1) <> 0 OR coalesce(m.compacted, 0)
    <> 0) AND m.display_kind IS NOT 'hidden' AND (m.display_metadata IS NULL OR coalesce(CASE WHEN typeof(m.display_metadata) = 'text' AND
    json_valid(CASE WHEN octet_length(m.display_metadata) <= 268435456 THEN m.display_metadata END) THEN json_extract(m.display_metadata,
    '$.model_only') END, 0) = 0)
  ORDER BY m.id DESC;
INSERT INTO temp.found_sessions (session, score, message_id)
  VALUES (?, ?, ?)
  ON CONFLICT (session) DO UPDATE SET score = excluded.score, message_id = excluded.message_id
  WHERE excluded.score > score OR (excluded.score = score AND excluded.message_id > message_id);
INSERT OR IGNORE INTO temp.found_titles SELECT k.number
  FROM json_each(?) r
  CROSS JOIN known_sessions k ON k.session_rowid = r.value;
