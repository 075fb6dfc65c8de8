import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';

/** A session that has fewer messages in the file than in the database. */
export interface ShrunkSession {
  readonly id: string;
  /** Messages in the database, and those of them that the file has as well. */
  readonly before: number;
  readonly after: number;
}

/** What differs between a file and the database. */
export interface HistoryDifference {
  /** Sessions that the database has, and their messages. */
  readonly known: number;
  readonly knownMessages: number;
  /** Sessions of the file that the database has not. */
  readonly added: readonly string[];
  /** Sessions of the file that the database has otherwise. */
  readonly changed: readonly string[];
  /** Those of them that have fewer messages. */
  readonly shrunk: readonly ShrunkSession[];
  /** Sessions of the database that the file has not. */
  readonly missing: readonly string[];
}

/** Finds what differs, whatever happened while nobody looked. */
export async function findDifference(
  outgoing: OutgoingHistory,
  intake: HistoryIntake,
): Promise<HistoryDifference> {
  const there = await intake.present();
  const here = new Set<string>();
  const added: string[] = [];
  const changed: string[] = [];
  const shrunk: ShrunkSession[] = [];
  const compare = (id: string, fingerprint: string | undefined, after: number): void => {
    const known = there.get(id);
    if (known === undefined) added.push(id);
    else if (known.fingerprint !== fingerprint) changed.push(id);
    if (known !== undefined && after < known.messages) shrunk.push({ id, before: known.messages, after });
  };
  for await (const slice of outgoing.fingerprints()) {
    for (const { id, fingerprint, messages } of slice) {
      here.add(id);
      compare(id, fingerprint, messages);
    }
  }
  // The file is read in several moments, between which a row can have moved to where it was not met.
  const unmet = [...there.keys()].filter((id) => !here.has(id));
  const sizes = await outgoing.sizes(unmet);
  for (const [at, id] of unmet.entries()) {
    const size = sizes[at];
    if (size !== undefined) compare(id, undefined, size);
  }
  const missing = unmet.filter((_id, at) => sizes[at] === undefined);
  let knownMessages = 0;
  for (const { messages } of there.values()) knownMessages += messages;
  return { known: there.size, knownMessages, added, changed, shrunk, missing };
}

/**
 * Which messages of some sessions the file has no more, one by one: where a file was set back and has gone on, as many may be there, but
 * others under the same ids.
 */
export async function findLostMessages(
  outgoing: OutgoingHistory,
  intake: HistoryIntake,
  ids: readonly string[],
): Promise<readonly ShrunkSession[]> {
  const shrunk: ShrunkSession[] = [];
  for (const id of ids) {
    const there = await intake.marks(id);
    const here = await outgoing.messageTimes(id);
    let after = 0;
    for (const [messageId, { timestamp }] of there) if (here.get(messageId) === timestamp) after++;
    if (after < there.size) shrunk.push({ id, before: there.size, after });
  }
  return shrunk;
}
