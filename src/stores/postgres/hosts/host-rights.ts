/** Tables whose rows belong to a history. A table that triggers maintain comes after the tables that it is derived from. */
export const OF_A_HISTORY = [
  'messages',
  'session_words',
  'conversations',
  'sessions',
  'session_counts',
  'session_slices',
  'commands',
  'tombstones',
  'leases',
  'changes',
  'removals',
] as const;

/** The row-level security policy of one table for the roles of hosts. */
export interface HostPolicy {
  readonly table: string;
  /** The condition for rows that are read and rows that are written. */
  readonly condition: string;
}

/** The sub-select makes PostgreSQL call the function once per statement, not once per row. */
const OF_OWN_HISTORY = 'history_id = ANY (CAST((SELECT own_histories()) AS integer[]))';

export const HOST_POLICIES: readonly HostPolicy[] = [
  { table: 'histories', condition: 'origin = (SELECT own_origin())' },
  ...OF_A_HISTORY.map((table) => ({ table, condition: OF_OWN_HISTORY })),
];

/** SQL that revokes all rights of a group of host roles: an earlier release granted more, or used another group. */
export function noRights(group: string): readonly string[] {
  const tables = ['histories', ...OF_A_HISTORY, 'schema_migrations'];
  return [
    `REVOKE ALL ON ${tables.join(', ')} FROM ${group}`,
    `REVOKE ALL ON SEQUENCE session_numbers FROM ${group}`,
  ];
}

/** SQL that grants a group of host roles its rights, only on tables that a shipper uses. */
export function hostRights(group: string): readonly string[] {
  return [
    `GRANT SELECT, INSERT, UPDATE ON histories TO ${group}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, conversations, messages, session_words, leases, changes, removals TO ${group}`,
    // Only triggers maintain these totals.
    `GRANT SELECT ON session_counts TO ${group}`,
    // A host reports the results of commands, and creates none for others.
    `GRANT SELECT, UPDATE (state, reason, ended_at, base_title) ON commands TO ${group}`,
    `GRANT SELECT, DELETE ON tombstones TO ${group}`,
    `GRANT SELECT ON schema_migrations TO ${group}`,
    `GRANT USAGE ON SEQUENCE session_numbers TO ${group}`,
  ];
}

/** SQL that replaces the policy of a table, and stores the condition as written in the policy's comment. */
export function policySql(group: string, { table, condition }: HostPolicy): readonly string[] {
  return [
    `DROP POLICY IF EXISTS own_host ON ${table}`,
    `CREATE POLICY own_host ON ${table} AS RESTRICTIVE TO ${group} USING (${condition}) WITH CHECK (${condition})`,
    `COMMENT ON POLICY own_host ON ${table} IS '${condition}'`,
  ];
}
