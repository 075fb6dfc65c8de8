import type { OutgoingHistory } from '../stores/hermes/outgoing/outgoing-history.js';
import type { HistoryIntake } from '../stores/postgres/incoming/history-intake.js';

/** A session that has fewer messages in the file than in the database. */
export interface ShrunkSession {
  readonly id: string;
  /** Number of messages in the database, and how many of them the file still has. */
  readonly before: number;
  readonly after: number;
}

/** The differences between a file and the database. */
export interface HistoryDifference {
  /** Number of sessions in the database, and of their messages. */
  readonly known: number;
  readonly knownMessages: number;
  /** Sessions that only the file has. */
  readonly added: readonly string[];
  /** Sessions that differ. */
  readonly changed: readonly string[];
  /** Sessions with fewer messages in the file. */
  readonly shrunk: readonly ShrunkSession[];
  /** Sessions that only the database has. */
  readonly missing: readonly string[];
}

/** Finds all differences, whatever happened while nothing was followed. */
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
  // The file is read in several transactions, between which a row may have moved out of the range still to be read.
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
 * Finds messages that the file has lost, by comparing them one by one. If an older state of the file was restored and then continued, the
 * number of messages may be the same, with other messages under the same ids.
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
