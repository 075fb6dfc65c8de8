import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';

/** What differs between a file and the database. */
export interface HistoryDifference {
  /** Sessions that the database has. */
  readonly known: number;
  /** Sessions of the file that the database has not, or has otherwise. */
  readonly changed: readonly string[];
  /** Sessions of the database that the file has not. */
  readonly missing: readonly string[];
}

/** Finds what differs, whatever happened while nobody looked. */
export async function findDifference(
  outgoing: OutgoingHistory,
  intake: HistoryIntake,
): Promise<HistoryDifference> {
  const there = await intake.fingerprints();
  const here = new Set<string>();
  const changed: string[] = [];
  for await (const slice of outgoing.fingerprints()) {
    for (const { id, fingerprint } of slice) {
      here.add(id);
      if (there.get(id) !== fingerprint) changed.push(id);
    }
  }
  // The file is read in several moments, between which a row can have moved to where it was not met.
  const unmet = [...there.keys()].filter((id) => !here.has(id));
  const missing = new Set(await outgoing.absent(unmet));
  changed.push(...unmet.filter((id) => !missing.has(id)));
  return { known: there.size, changed, missing: [...missing] };
}
