/** Tables whose rows belong to a history; what triggers keep stands behind what they keep it of. */
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

/** What limits the roles of hosts at one table. */
export interface HostPolicy {
  readonly table: string;
  /** What must hold for a row, of those that are there and those that are written. */
  readonly condition: string;
}

/** A function is asked once for each statement, not for each row. */
const OF_OWN_HISTORY = 'history_id = ANY (CAST((SELECT own_histories()) AS integer[]))';

export const HOST_POLICIES: readonly HostPolicy[] = [
  { table: 'histories', condition: 'origin = (SELECT own_origin())' },
  ...OF_A_HISTORY.map((table) => ({ table, condition: OF_OWN_HISTORY })),
];

/** SQL that takes all rights from a group of hosts' roles: a release of before gave more, or made another group. */
export function noRights(group: string): readonly string[] {
  const tables = ['histories', ...OF_A_HISTORY, 'schema_migrations'];
  return [
    `REVOKE ALL ON ${tables.join(', ')} FROM ${group}`,
    `REVOKE ALL ON SEQUENCE session_numbers FROM ${group}`,
  ];
}

/** SQL that gives a group of hosts' roles its rights, on the tables alone that a shipper uses. */
export function hostRights(group: string): readonly string[] {
  return [
    `GRANT SELECT, INSERT, UPDATE ON histories TO ${group}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, conversations, messages, session_words, leases, changes, removals TO ${group}`,
    // What everybody adds up is kept by triggers alone.
    `GRANT SELECT ON session_counts TO ${group}`,
    // A host says how it took what was asked of it, and asks nothing of others.
    `GRANT SELECT, UPDATE (state, reason, ended_at, base_title) ON commands TO ${group}`,
    `GRANT SELECT, DELETE ON tombstones TO ${group}`,
    `GRANT SELECT ON schema_migrations TO ${group}`,
    `GRANT USAGE ON SEQUENCE session_numbers TO ${group}`,
  ];
}

/** SQL that gives a table its limits, for which nobody else may use it, and has it say what they are as they were written. */
export function policySql(group: string, { table, condition }: HostPolicy): readonly string[] {
  return [
    `DROP POLICY IF EXISTS own_host ON ${table}`,
    `CREATE POLICY own_host ON ${table} AS RESTRICTIVE TO ${group} USING (${condition}) WITH CHECK (${condition})`,
    `COMMENT ON POLICY own_host ON ${table} IS '${condition}'`,
  ];
}
