-- Every statement that this store sends, by what has it sent first. Written by: UPDATE_SQL=1 npx jest queries

-- list
SELECT pg_backend_pid() AS pid;
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $1 OFFSET $2) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT e.kind, CAST(sum(e.entries) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(sum(e.entries) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM session_counts e
  WHERE true
  GROUP BY 1) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, by platform
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE (left(e.platform, 100) = left($1, 100) AND e.platform = $1) AND (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $2 OFFSET $3) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT e.kind, CAST(sum(e.entries) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(sum(e.entries) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM session_counts e
  WHERE (e.platform IN (SELECT left(unnest(CAST($4 AS text[])), 200)))
  GROUP BY 1) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, by user
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE (left(e.user_id, 100) = left($1, 100) AND e.user_id = $1) AND (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $2 OFFSET $3) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT 'conversation' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE
    e.archived = true) AS bigint) AS archived
  FROM conversations e
  WHERE (left(e.user_id, 100) = left($1, 100) AND e.user_id = $1)
  UNION ALL SELECT 'child' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM sessions e
  WHERE (left(e.user_id, 100) = left($1, 100) AND e.user_id = $1) AND (NOT e.is_entry)) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, by model
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE (left(e.model, 100) = left($1, 100) AND e.model = $1) AND (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $2 OFFSET $3) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT 'conversation' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE
    e.archived = true) AS bigint) AS archived
  FROM conversations e
  WHERE (left(e.model, 100) = left($1, 100) AND e.model = $1)
  UNION ALL SELECT 'child' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM sessions e
  WHERE (left(e.model, 100) = left($1, 100) AND e.model = $1) AND (NOT e.is_entry)) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, by title
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE ((e.history_id, e.root_id) IN (SELECT t.history_id, t.root_id
  FROM sessions t
  WHERE md5(t.title) = md5($1) AND t.title = $1)) AND (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $2 OFFSET $3) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT 'conversation' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE
    e.archived = true) AS bigint) AS archived
  FROM conversations e
  WHERE ((e.history_id, e.root_id) IN (SELECT t.history_id, t.root_id
  FROM sessions t
  WHERE md5(t.title) = md5($1) AND t.title = $1))
  UNION ALL SELECT 'child' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM sessions e
  WHERE (md5(e.title) = md5($1) AND e.title = $1) AND (NOT e.is_entry)) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, of a host
SELECT w.history_id
  FROM (SELECT id AS history_id
  FROM histories) w
  WHERE (w.history_id IN (SELECT h.id
  FROM histories h
  WHERE h.origin = ANY($1)));
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE (e.history_id = $1) AND (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $2 OFFSET $3) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT e.kind, CAST(sum(e.entries) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(sum(e.entries) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM session_counts e
  WHERE (e.history_id = $1)
  GROUP BY 1) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, of a platform of a host
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE (e.history_id = $1) AND (left(e.platform, 100) = left($2, 100) AND e.platform = $2) AND (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $3 OFFSET $4) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT e.kind, CAST(sum(e.entries) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(sum(e.entries) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM session_counts e
  WHERE (e.history_id = $1) AND (e.platform IN (SELECT left(unnest(CAST($5 AS text[])), 200)))
  GROUP BY 1) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, for somebody
WITH page AS MATERIALIZED (SELECT e.history_id, e.root_id AS root_id, e.active_order, e.tip_id AS id, e.active_order AS value,
    e.started_order
  FROM conversations e
  WHERE (left(e.owner_id, 100) = left($1, 100) AND e.owner_id = $1) AND (e.archived = false)
  ORDER BY e.active_order DESC, e.started_order DESC, e.tip_id DESC, e.history_id DESC LIMIT $2 OFFSET $3) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT 'conversation' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE
    e.archived = true) AS bigint) AS archived
  FROM conversations e
  WHERE (left(e.owner_id, 100) = left($1, 100) AND e.owner_id = $1)
  UNION ALL SELECT 'child' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM sessions e
  WHERE (left(e.user_id, 100) = left($1, 100) AND e.user_id = $1) AND (NOT e.is_entry)
  UNION ALL SELECT 'child' AS kind, CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM sessions e
  WHERE (left(e.user_id, 100) = left($1, 100) AND e.user_id = $1) AND (e.is_entry AND e.root_number <> e.number AND NOT EXISTS (SELECT 1
  FROM conversations c
  WHERE c.history_id = e.history_id AND c.number = e.root_number AND (left(c.owner_id, 100) = left($1, 100) AND c.owner_id = $1)))) c) AS
    counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH chains AS (SELECT DISTINCT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model",
    s."title", s."folded_title", s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch",
    s."is_reset", s."is_delegate", s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count",
    s."tool_call_count", s."api_call_count", s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens",
    s."cache_read_tokens", s."cache_write_tokens", s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages",
    s."stored_bytes", s."turn_count", s."preview", s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM page k
  JOIN sessions e ON e.history_id = k.history_id AND e.id = k.id
  JOIN sessions s ON s.history_id = e.history_id AND s.root_id = e.root_id) SELECT *
  FROM chains
  UNION SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM chains c
  JOIN sessions s ON s.history_id = c.history_id AND s.id = c.parent_session_id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, every session, oldest first
WITH page AS MATERIALIZED (SELECT e.history_id, e.id AS root_id, e.active_order, e.id AS id, e.started_order AS value, e.started_order
  FROM sessions e
  WHERE (e.archived = false)
  ORDER BY e.started_order ASC, e.id ASC, e.history_id ASC LIMIT $1 OFFSET $2) SELECT (SELECT json_agg(p)
  FROM page p) AS entries, (SELECT json_agg(c)
  FROM (SELECT e.kind, CAST(sum(e.entries) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(sum(e.entries) FILTER (WHERE e.archived
    = true) AS bigint) AS archived
  FROM session_counts e
  WHERE true
  GROUP BY 1) c) AS counts, (SELECT json_agg(r)
  FROM (SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM page keys), wanted AS (SELECT history_id, id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id) r) AS rows;

-- list, searched
SELECT w.history_id, w.session_number, w.message_ids, w.is_whole, (SELECT json_object_agg(u.lexeme, u.positions)
  FROM unnest(ts_filter(setweight(w.words, 'A', CAST($1 AS text[])), '{a}')) u
  WHERE u.lexeme = ANY(CAST($1 AS text[])) OR u.lexeme ^@ ANY(CAST($2 AS text[]))) AS places
  FROM session_words w
  WHERE (NOT w.is_whole);
WITH hits AS MATERIALIZED (SELECT w.*, b.number IS NOT NULL AS is_beside, coalesce(b.root_number, w.number) AS entry
  FROM (SELECT w.history_id, w.session_number AS number, false AS titled
  FROM session_words w
  WHERE w.words @@ CAST($1 AS tsquery) AND w.is_whole AND true
  UNION ALL SELECT unnest(CAST($2 AS int[])) AS history_id, unnest(CAST($3 AS bigint[])) AS number, false AS titled
  UNION ALL SELECT w.history_id, w.number, true AS titled
  FROM sessions w
  WHERE (w.folded_title LIKE $4 AND w.folded_title LIKE ALL($5)) AND (true)) w
  LEFT JOIN (SELECT e.history_id, e.number, e.root_number
  FROM sessions e
  WHERE e.root_number <> e.number OR NOT e.is_entry) b ON b.history_id = w.history_id AND b.number = w.number), found AS MATERIALIZED (SELECT
    e.history_id, e.number, e.tip_id AS id, e.started_order, e.active_order, e.archived, CAST(CASE WHEN h.titled THEN 1000 ELSE 0 END AS double
    precision) AS score
  FROM (SELECT history_id, entry, bool_or(titled) AS titled
  FROM hits
  GROUP BY 1, 2) h
  JOIN conversations e ON e.history_id = h.history_id AND e.number = h.entry
  WHERE true), ranked AS ( WITH newest AS MATERIALIZED ( SELECT *
  FROM found
  ORDER BY active_order DESC, started_order DESC, id DESC LIMIT 500) SELECT n.history_id, n.number, n.id, n.started_order, n.active_order,
    n.archived, n.score + coalesce(max(( SELECT max(CAST(ts_rank(w.words, CAST($1 AS tsquery)) AS double precision))
  FROM session_words w
  WHERE w.history_id = h.history_id AND w.session_number = h.number)), 0) AS score
  FROM newest n
  JOIN hits h ON h.history_id = n.history_id AND h.entry = n.number
  GROUP BY 1, 2, 3, 4, 5, 6, n.score
  UNION ALL SELECT history_id, number, id, started_order, active_order, archived, score
  FROM found
  WHERE (history_id, number) NOT IN (SELECT history_id, number
  FROM newest)), page AS ( SELECT e.history_id, e.id, e.score AS value, e.started_order, e.active_order, (SELECT r.root_id
  FROM conversations r
  WHERE r.history_id = e.history_id AND r.number = e.number) AS root_id
  FROM ranked e
  WHERE (e.archived = false)
  ORDER BY e.score DESC, e.started_order DESC, e.id DESC, e.history_id DESC LIMIT $6 OFFSET $7), counts AS (SELECT 'conversation' AS kind,
    CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived = true) AS bigint) AS archived
  FROM found e
  UNION ALL SELECT 'child', CAST(count(*) FILTER (WHERE e.archived = false) AS bigint) AS kept, CAST(count(*) FILTER (WHERE e.archived = true)
    AS bigint) AS archived
  FROM sessions e
  WHERE (e.history_id, e.number) IN (SELECT history_id, number
  FROM hits
  WHERE is_beside) AND (NOT e.is_entry)) SELECT 0 AS walked, coalesce((SELECT json_agg(c)
  FROM counts c), '[]') AS counts, coalesce((SELECT json_agg(p)
  FROM page p), '[]') AS entries;
SELECT r.*, h.profile AS history_profile, h.origin AS history_origin
  FROM (WITH k AS (SELECT *
  FROM (SELECT unnest($1::int[]) AS history_id, unnest($2::text[]) AS id, unnest($3::text[]) AS root_id) keys), wanted AS (SELECT history_id,
    id
  FROM k
  UNION SELECT history_id, root_id
  FROM k) SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM wanted w
  JOIN sessions s ON s.history_id = w.history_id AND s.id = w.id) r
  JOIN histories h ON h.id = r.history_id;
SELECT s.history_id, s.root_id AS entry, s.number
  FROM (SELECT unnest($1::int[]) AS history_id, unnest($2::text[]) AS entry) k
  JOIN sessions s ON s.history_id = k.history_id AND s.root_id = k.entry;
SELECT w.history_id, w.session_number, w.message_ids, w.is_whole, (SELECT json_object_agg(u.lexeme, u.positions)
  FROM unnest(ts_filter(setweight(w.words, 'A', CAST($1 AS text[])), '{a}')) u
  WHERE u.lexeme = ANY(CAST($1 AS text[])) OR u.lexeme ^@ ANY(CAST($2 AS text[]))) AS places
  FROM (SELECT unnest(CAST($3 AS int[])) AS history_id, unnest(CAST($4 AS bigint[])) AS number) k
  CROSS JOIN LATERAL ( SELECT *
  FROM session_words r
  WHERE r.history_id = k.history_id AND r.session_number = k.number OFFSET 0) w
  WHERE (w.words @@ CAST($5 AS tsquery) OR NOT w.is_whole);
SELECT *
  FROM (SELECT k.at, k.history_id AS "historyId", k.number, m."id", m."state", m."role", m."content", m."tool_calls", m."tool_name",
    m."timestamp", m.bytes AS size, sum(m.bytes) OVER (ORDER BY k.at) AS until, lead(k.at) OVER (ORDER BY k.at) AS next
  FROM unnest($1::int[], $2::bigint[], $3::bigint[]) WITH ORDINALITY k(history_id, number, id, at)
  JOIN sessions s ON s.history_id = k.history_id AND s.number = k.number
  JOIN messages m ON m.history_id = s.history_id AND m.session_id = s.id AND m.id = k.id) f
  WHERE until <= 4194304 OR until = size
  ORDER BY at;
SELECT 1
  FROM (SELECT id AS history_id, is_loaded
  FROM histories) w
  WHERE NOT w.is_loaded AND true LIMIT 1;

-- get
SELECT h.id AS history_id, h.profile, h.origin
  FROM histories h
  JOIN sessions e ON e.history_id = h.id AND e.id = $1
  WHERE true
  ORDER BY h.origin, h.profile;
WITH seeds AS ( SELECT root_id
  FROM sessions
  WHERE history_id = $1 AND id = ANY($2)
  UNION SELECT root_id
  FROM sessions
  WHERE history_id = $1 AND octet_length(parent_session_id) <= 1000 AND parent_session_id = ANY($3)), family AS ( SELECT s."history_id",
    s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title", s."parent_session_id",
    s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate", s."delegate_from",
    s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM sessions s
  WHERE s.history_id = $1 AND s.root_id IN (SELECT root_id
  FROM seeds)) SELECT f.*, true AS is_subject
  FROM family f
  UNION ALL SELECT p."history_id", p."id", p."number", p."platform", p."user_id", p."named_user_id", p."model", p."title", p."folded_title",
    p."parent_session_id", p."started_at", p."ended_at", p."end_reason", p."session_key", p."is_branch", p."is_reset", p."is_delegate",
    p."delegate_from", p."is_hidden", p."archived", p."pinned", p."last_active_at", p."message_count", p."tool_call_count", p."api_call_count",
    p."has_system_prompt", p."has_model_config", p."input_tokens", p."output_tokens", p."cache_read_tokens", p."cache_write_tokens",
    p."reasoning_tokens", p."estimated_cost_usd", p."actual_cost_usd", p."stored_messages", p."stored_bytes", p."turn_count", p."preview",
    p."fingerprint", p."root_id", p."root_number", p."chain_length", p."is_entry", false
  FROM sessions p
  WHERE p.history_id = $1 AND p.id IN (SELECT parent_session_id
  FROM family) AND p.id NOT IN (SELECT id
  FROM family);

-- messages
SELECT 1
  FROM messages
  WHERE history_id = $1 AND session_id = ANY($2) AND place IS NOT NULL LIMIT 1;
WITH "page" AS (SELECT "m"."id" AS id, "m"."bytes" AS bytes, "m"."id" AS place
  FROM "messages" "m"
  WHERE "m"."history_id" = $1 AND "m"."session_id" = $2 AND ("m"."state" & $3) <> 0
  ORDER BY "m"."id" DESC LIMIT 51 OFFSET 0) SELECT m."history_id", m."session_id", m."id", m."state", m."role", m."content", m."tool_call_id",
    m."tool_calls", m."tool_name", m."reasoning", m."finish_reason", m."token_count", m."timestamp", m."bytes", m."place", (SELECT count(*)
  FROM "messages" "m"
  WHERE "m"."history_id" = $1 AND "m"."session_id" = $2 AND ("m"."state" & $3) <> 0) AS total, (SELECT count(*)
  FROM page) AS listed
  FROM "messages" "m"
  WHERE "m"."history_id" = $1 AND "m"."session_id" = $2 AND ("m"."state" & $3) <> 0 AND "m"."id" = ANY(ARRAY(SELECT f.id
  FROM (SELECT p.id, sum(p.bytes) OVER (ORDER BY p.place DESC, p.id DESC) - p.bytes AS before
  FROM page p) f
  WHERE f.before < $4))
  ORDER BY "m"."id" DESC;

-- messages, of a chain
WITH "page" AS (SELECT "m"."id" AS id, "m"."bytes" AS bytes, "m"."id" AS place
  FROM "messages" "m"
  WHERE "m"."history_id" = $1 AND "m"."session_id" = ANY($2) AND ("m"."state" & $3) <> 0
  ORDER BY "m"."id" DESC LIMIT 51 OFFSET 0) SELECT m."history_id", m."session_id", m."id", m."state", m."role", m."content", m."tool_call_id",
    m."tool_calls", m."tool_name", m."reasoning", m."finish_reason", m."token_count", m."timestamp", m."bytes", m."place", (SELECT count(*)
  FROM "messages" "m"
  WHERE "m"."history_id" = $1 AND "m"."session_id" = ANY($2) AND ("m"."state" & $3) <> 0) AS total, (SELECT count(*)
  FROM page) AS listed
  FROM "messages" "m"
  WHERE "m"."history_id" = $1 AND "m"."session_id" = ANY($2) AND ("m"."state" & $3) <> 0 AND "m"."id" = ANY(ARRAY(SELECT f.id
  FROM (SELECT p.id, sum(p.bytes) OVER (ORDER BY p.place DESC, p.id DESC) - p.bytes AS before
  FROM page p) f
  WHERE f.before < $4))
  ORDER BY "m"."id" DESC;

-- revision
SELECT concat_ws(' ', count(*), max(id), sum(version), pg_postmaster_start_time(), pg_relation_filenode('histories'), (SELECT oid
  FROM pg_database
  WHERE datname = current_database())) AS revision
  FROM histories;

-- status
SELECT coalesce(CAST(sum(c.sessions) AS bigint), 0) AS sessions, coalesce(CAST(sum(c.messages) AS bigint), 0) AS messages, (SELECT count(*)
  FROM sessions
  WHERE ended_at IS NULL) AS active, (SELECT max(schema_version)
  FROM histories) AS version, (SELECT CAST(extract(epoch
  FROM now() - min(seen_at)) AS double precision)
  FROM histories) AS age
  FROM (SELECT c.history_id, sum(c.entries) AS sessions, sum(c.messages) AS messages
  FROM session_counts c
  WHERE c.kind = 'row'
  GROUP BY 1) c;

-- statistics
SELECT count(*) AS active
  FROM sessions e
  LEFT JOIN conversations c ON c.history_id = e.history_id AND c.number = e.number AND true
  WHERE true AND e.ended_at IS NULL AND e.active_order >= $1;
SELECT e.history_id, e.slice, e.version
  FROM session_slices e
  WHERE true LIMIT 2001;
SELECT history_id, slice, platform, model, to_char(day, 'YYYY-MM-DD') AS day, CASE GROUPING(platform, model, day) WHEN 3 THEN 'platform'
    WHEN 5 THEN 'model' ELSE 'day' END AS common, min(first) AS first, max(last) AS last, CAST(sum(sessions) AS bigint) AS sessions,
    CAST(sum(conversations) AS bigint) AS conversations, CAST(sum(messages) AS bigint) AS messages, CAST(sum(open) AS bigint) AS open,
    sum("inputTokens") AS "inputTokens", sum("outputTokens") AS "outputTokens", sum("cacheReadTokens") AS "cacheReadTokens",
    sum("cacheWriteTokens") AS "cacheWriteTokens", sum("reasoningTokens") AS "reasoningTokens", sum("estimatedCost") AS "estimatedCost",
    sum("actualCost") AS "actualCost", sum("cost") AS "cost", sum("apiCalls") AS "apiCalls", sum("toolCalls") AS "toolCalls"
  FROM (SELECT e.platform AS "platform", e.model AS "model", CAST(to_timestamp(e.started_at) AT TIME ZONE $1 AS date) AS "day", e.history_id
    AS "history_id", e.number / 4096 AS "slice", sum(e.input_tokens) AS "inputTokens", sum(e.output_tokens) AS "outputTokens",
    sum(e.cache_read_tokens) AS "cacheReadTokens", sum(e.cache_write_tokens) AS "cacheWriteTokens", sum(e.reasoning_tokens) AS
    "reasoningTokens", sum(e.estimated_cost_usd) AS "estimatedCost", sum(e.actual_cost_usd) AS "actualCost", sum(coalesce(e.actual_cost_usd,
    e.estimated_cost_usd)) AS "cost", sum(CASE WHEN e.api_call_count BETWEEN 0 AND 1000000000000000 THEN e.api_call_count END) AS "apiCalls",
    sum(CASE WHEN e.tool_call_count BETWEEN 0 AND 1000000000000000 THEN e.tool_call_count END) AS "toolCalls", min(e.started_order) AS "first",
    max(e.started_order) AS "last", count(*) AS sessions, count(c.tip_id) AS conversations, CAST(sum(e.stored_messages) AS bigint) AS messages,
    count(*) FILTER (WHERE e.ended_at IS NULL) AS open
  FROM sessions e
  LEFT JOIN conversations c ON c.history_id = e.history_id AND c.number = e.number AND true
  WHERE true AND true
  GROUP BY 1, 2, 3, 4, 5) g
  GROUP BY GROUPING SETS ((history_id, slice, platform), (history_id, slice, model), (history_id, slice, day));
SELECT t.id, coalesce(t.title, c.first_title) AS title, c.platform, c.messages, h.profile, h.origin
  FROM ( SELECT c.*, e.title AS first_title
  FROM conversations c
  JOIN sessions e ON c.history_id = e.history_id AND c.number = e.number
  WHERE true AND true
  ORDER BY c.messages DESC, c.tip_id, e.history_id LIMIT 10) c
  JOIN sessions t ON t.history_id = c.history_id AND t.id = c.tip_id
  JOIN histories h ON h.id = c.history_id
  ORDER BY c.messages DESC, t.id, c.history_id;

-- prune, planned
SELECT bool_or(can_change AND can_delete) AS is_made
  FROM (SELECT id AS history_id, *
  FROM histories) w
  WHERE true;
SELECT w.profile, w.origin, w.is_loaded
  FROM (SELECT id AS history_id, *
  FROM histories) w
  WHERE true
  ORDER BY w.origin, w.profile;
DECLARE rows_in_parts NO SCROLL CURSOR FOR SELECT e.history_id, e.root_id, e.tip_id, h.profile, h.origin
  FROM conversations e
  JOIN histories h ON h.id = e.history_id AND can_change AND can_delete AND is_loaded
  WHERE (e.is_ended) AND (NOT e.is_pinned) AND (e.active_order < $1)
  ORDER BY e.active_order, e.started_order, e.tip_id, e.history_id;
FETCH 2000
  FROM rows_in_parts;
SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM sessions s
  WHERE s.history_id = $1 AND s.root_id = ANY($2);
SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM sessions s
  WHERE s.history_id = $1 AND octet_length(s.delegate_from) <= 1000 AND s.delegate_from = ANY($2)
  UNION SELECT s."history_id", s."id", s."number", s."platform", s."user_id", s."named_user_id", s."model", s."title", s."folded_title",
    s."parent_session_id", s."started_at", s."ended_at", s."end_reason", s."session_key", s."is_branch", s."is_reset", s."is_delegate",
    s."delegate_from", s."is_hidden", s."archived", s."pinned", s."last_active_at", s."message_count", s."tool_call_count", s."api_call_count",
    s."has_system_prompt", s."has_model_config", s."input_tokens", s."output_tokens", s."cache_read_tokens", s."cache_write_tokens",
    s."reasoning_tokens", s."estimated_cost_usd", s."actual_cost_usd", s."stored_messages", s."stored_bytes", s."turn_count", s."preview",
    s."fingerprint", s."root_id", s."root_number", s."chain_length", s."is_entry"
  FROM sessions s
  WHERE s.history_id = $1 AND octet_length(s.parent_session_id) <= 1000 AND s.parent_session_id = ANY($2) AND s.delegate_from IS NOT NULL;
SELECT s.root_id, array_agg(s.id) AS ids, bool_or(c.root_id IS NOT NULL) AS is_listed
  FROM sessions s
  LEFT JOIN conversations c ON c.history_id = s.history_id AND c.root_id = s.root_id
  WHERE s.history_id = $1 AND s.root_id = ANY($2)
  GROUP BY s.root_id;
SELECT h.file_bytes AS bytes, CAST(coalesce(sum(c.messages), 0) AS bigint) AS messages
  FROM histories h
  LEFT JOIN session_counts c ON c.history_id = h.id AND c.kind = 'row'
  WHERE h.id = $1
  GROUP BY 1;
CLOSE rows_in_parts;

-- update
SELECT "h"."id" AS "h_id", "h"."origin" AS "h_origin", "h"."profile" AS "h_profile", "h"."is_default" AS "h_is_default",
    "h"."schema_version" AS "h_schema_version", "h"."can_archive" AS "h_can_archive", "h"."can_pin" AS "h_can_pin", "h"."can_delete" AS
    "h_can_delete", "h"."can_change" AS "h_can_change", "h"."is_loaded" AS "h_is_loaded", "h"."file_bytes" AS "h_file_bytes", "h"."shipper_id"
    AS "h_shipper_id", "h"."shipper_name" AS "h_shipper_name", "h"."sent_count" AS "h_sent_count"
  FROM "histories" "h"
  WHERE "h"."id" = $1 FOR UPDATE;
SELECT id
  FROM sessions
  WHERE md5(title) = md5($2) AND title = $2 AND history_id = $1 AND id <> $3;
INSERT INTO sessions ("history_id", "id", "number", "platform", "user_id", "named_user_id", "model", "title", "folded_title",
    "parent_session_id", "started_at", "ended_at", "end_reason", "session_key", "is_branch", "is_reset", "is_delegate", "delegate_from",
    "is_hidden", "archived", "pinned", "last_active_at", "message_count", "tool_call_count", "api_call_count", "has_system_prompt",
    "has_model_config", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "estimated_cost_usd",
    "actual_cost_usd", "stored_messages", "stored_bytes", "turn_count", "preview", "fingerprint", "root_id", "root_number", "chain_length",
    "is_entry") SELECT "history_id", "id", "number", "platform", "user_id", "named_user_id", "model", "title", "folded_title",
    "parent_session_id", "started_at", "ended_at", "end_reason", "session_key", "is_branch", "is_reset", "is_delegate", "delegate_from",
    "is_hidden", "archived", "pinned", "last_active_at", "message_count", "tool_call_count", "api_call_count", "has_system_prompt",
    "has_model_config", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "estimated_cost_usd",
    "actual_cost_usd", "stored_messages", "stored_bytes", "turn_count", "preview", "fingerprint", "root_id", "root_number", "chain_length",
    "is_entry"
  FROM json_populate_recordset(NULL::sessions, $1::json)
  ON CONFLICT ("history_id", "id") DO UPDATE SET "number" = EXCLUDED."number", "platform" = EXCLUDED."platform", "user_id" =
    EXCLUDED."user_id", "named_user_id" = EXCLUDED."named_user_id", "model" = EXCLUDED."model", "title" = EXCLUDED."title", "folded_title" =
    EXCLUDED."folded_title", "parent_session_id" = EXCLUDED."parent_session_id", "started_at" = EXCLUDED."started_at", "ended_at" =
    EXCLUDED."ended_at", "end_reason" = EXCLUDED."end_reason", "session_key" = EXCLUDED."session_key", "is_branch" = EXCLUDED."is_branch",
    "is_reset" = EXCLUDED."is_reset", "is_delegate" = EXCLUDED."is_delegate", "delegate_from" = EXCLUDED."delegate_from", "is_hidden" =
    EXCLUDED."is_hidden", "archived" = EXCLUDED."archived", "pinned" = EXCLUDED."pinned", "last_active_at" = EXCLUDED."last_active_at",
    "message_count" = EXCLUDED."message_count", "tool_call_count" = EXCLUDED."tool_call_count", "api_call_count" = EXCLUDED."api_call_count",
    "has_system_prompt" = EXCLUDED."has_system_prompt", "has_model_config" = EXCLUDED."has_model_config", "input_tokens" =
    EXCLUDED."input_tokens", "output_tokens" = EXCLUDED."output_tokens", "cache_read_tokens" = EXCLUDED."cache_read_tokens",
    "cache_write_tokens" = EXCLUDED."cache_write_tokens", "reasoning_tokens" = EXCLUDED."reasoning_tokens", "estimated_cost_usd" =
    EXCLUDED."estimated_cost_usd", "actual_cost_usd" = EXCLUDED."actual_cost_usd", "stored_messages" = EXCLUDED."stored_messages",
    "stored_bytes" = EXCLUDED."stored_bytes", "turn_count" = EXCLUDED."turn_count", "preview" = EXCLUDED."preview", "fingerprint" =
    EXCLUDED."fingerprint", "root_id" = EXCLUDED."root_id", "root_number" = EXCLUDED."root_number", "chain_length" = EXCLUDED."chain_length",
    "is_entry" = EXCLUDED."is_entry";
INSERT INTO conversations ("history_id", "root_id", "number", "tip_id", "started_order", "active_order", "platform", "user_id", "archived",
    "model", "is_ended", "is_titled", "is_pinned", "messages", "bytes", "chain_length", "owner_id", "platforms") SELECT "history_id", "root_id",
    "number", "tip_id", "started_order", "active_order", "platform", "user_id", "archived", "model", "is_ended", "is_titled", "is_pinned",
    "messages", "bytes", "chain_length", "owner_id", "platforms"
  FROM json_populate_recordset(NULL::conversations, $1::json)
  ON CONFLICT ("history_id", "root_id") DO UPDATE SET "number" = EXCLUDED."number", "tip_id" = EXCLUDED."tip_id", "started_order" =
    EXCLUDED."started_order", "active_order" = EXCLUDED."active_order", "platform" = EXCLUDED."platform", "user_id" = EXCLUDED."user_id",
    "archived" = EXCLUDED."archived", "model" = EXCLUDED."model", "is_ended" = EXCLUDED."is_ended", "is_titled" = EXCLUDED."is_titled",
    "is_pinned" = EXCLUDED."is_pinned", "messages" = EXCLUDED."messages", "bytes" = EXCLUDED."bytes", "chain_length" = EXCLUDED."chain_length",
    "owner_id" = EXCLUDED."owner_id", "platforms" = EXCLUDED."platforms";
SELECT changes
  FROM commands
  WHERE history_id = $1 AND kind = 'update' AND state = 'pending' AND jsonb_exists(changes, 'title') AND (session_id = $2 OR $2 =
    ANY(untitled))
  ORDER BY id;
UPDATE commands SET id = DEFAULT, changes = changes || $3::jsonb, base_title = CASE WHEN jsonb_exists(changes, 'title') THEN base_title ELSE
    $6 END, flagged = ARRAY(SELECT unnest(flagged)
  UNION SELECT unnest($4::text[])), untitled = ARRAY(SELECT unnest(untitled)
  UNION SELECT unnest($5::text[]))
  WHERE history_id = $1 AND session_id = $2 AND kind = 'update' AND state = 'pending';
INSERT INTO commands (history_id, session_id, kind, changes, base_title, flagged, untitled)
  VALUES ($1, $2, 'update', $3, $4, $5, $6);
WITH h AS (UPDATE histories SET version = version + 1
  WHERE id = $1 RETURNING version) SELECT version
  FROM h;
INSERT INTO changes (history_id, version, place, change) SELECT $1, $2, place, change
  FROM unnest($3::text[]) WITH ORDINALITY AS happened (change, place);

-- delete
DELETE
  FROM session_words
  WHERE history_id = $1 AND session_number IN ( SELECT number
  FROM sessions
  WHERE history_id = $1 AND id = ANY($2));
DELETE
  FROM messages
  WHERE history_id = $1 AND session_id = ANY($2);
DELETE
  FROM sessions
  WHERE history_id = $1 AND id = ANY($2);
DELETE
  FROM conversations
  WHERE history_id = $1 AND root_id = ANY($2);
INSERT INTO tombstones (history_id, session_id, started_at) SELECT $1, id, started_at
  FROM unnest($2::text[], $3::double precision[]) AS b(id, started_at)
  ON CONFLICT DO NOTHING;
INSERT INTO commands (history_id, session_id, kind, force, flagged, changes) SELECT $1, id, 'delete', $3, $4, CASE WHEN place = 1 THEN
    $5::jsonb ELSE '{}' END
  FROM unnest($2::text[]) WITH ORDINALITY AS named (id, place)
  ORDER BY place;
