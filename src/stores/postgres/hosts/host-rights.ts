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

/**
 * SQL that gives a group of hosts' roles its rights, on the tables alone that a shipper uses, and its limits. A function of the policies
 * is asked once for each statement, not for each row.
 */
export function hostRights(group: string): readonly string[] {
  const ofAHistory = 'history_id = ANY (CAST((SELECT own_histories()) AS integer[]))';
  return [
    `GRANT SELECT, INSERT, UPDATE ON histories TO ${group}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, conversations, session_counts, messages, session_words, leases, changes, removals
      TO ${group}`,
    // A host says how it took what was asked of it, and asks nothing of others.
    `GRANT SELECT, UPDATE (state, reason, ended_at, base_title) ON commands TO ${group}`,
    `GRANT SELECT, DELETE ON tombstones TO ${group}`,
    `GRANT SELECT ON schema_migrations TO ${group}`,
    `GRANT USAGE ON SEQUENCE session_numbers TO ${group}`,
    ...policy(group, 'histories', 'origin = (SELECT own_origin())'),
    ...OF_A_HISTORY.flatMap((table) => policy(group, table, ofAHistory)),
  ];
}

function policy(group: string, table: string, condition: string): readonly string[] {
  return [
    `DROP POLICY IF EXISTS own_host ON ${table}`,
    `CREATE POLICY own_host ON ${table} AS RESTRICTIVE TO ${group} USING (${condition}) WITH CHECK (${condition})`,
  ];
}
