import type { MessageChanges } from '../events/stored-change.js';
import { fromStored, toStored } from '../schema/stored-text.js';
import type { HistoryChange } from '../write/history-change.js';
import type { PresentSession } from './history-intake.js';
import { READABLE_DIGEST, readableDigest } from './message-digest.js';
import type { IncomingMessage, SessionUpload } from './upload.js';

/**
 * What uploads change of the messages of their sessions, to announce to listeners. All sent messages are added, except those that are
 * stored already, and those that were stored before a deletion of their session that its origin refused.
 * @param present the sessions that are stored already.
 */
export async function messageChanges(
  change: HistoryChange,
  uploads: readonly SessionUpload[],
  present: ReadonlyMap<string, PresentSession>,
): Promise<MessageChanges> {
  const here = await presentMessages(
    change,
    uploads.filter(({ way }) => way.kind === 'rewritten'),
  );
  const isPartial = (id: string): boolean => (present.get(id)?.fingerprint ?? '') === '';
  const wereHere = await messagesGivenBack(
    change,
    uploads.map(({ session }) => session.id).filter(isPartial),
  );
  const added = new Map(
    uploads.map(({ session: { id }, messageIds }) => {
      const newest = wereHere.get(id) ?? -Infinity;
      return [id, messageIds.filter((message) => message > newest && !here.has(message))];
    }),
  );
  // Messages are sent again, too, where only searches treat them in another way.
  const isChanged = (message: IncomingMessage): boolean => {
    const digest = here.get(message.id);
    return digest !== undefined && digest !== readableDigest(message);
  };
  const rewritten = uploads.filter(
    ({ removedMessages, way }) =>
      removedMessages.length > 0 || (way.kind === 'rewritten' && way.messages.some(isChanged)),
  );
  return { added, rewritten: new Set(rewritten.map(({ session }) => session.id)) };
}

/** The {@link readableDigest} of each uploaded message that is stored already, by id. */
async function presentMessages(
  { manager, historyId }: HistoryChange,
  uploads: readonly SessionUpload[],
): Promise<ReadonlyMap<number, string>> {
  const ids = uploads.flatMap(({ messageIds }) => messageIds);
  if (ids.length === 0) return new Map();
  const rows = await manager.query<{ readonly id: number; readonly digest: string }[]>(
    `SELECT m.id, ${READABLE_DIGEST} AS digest FROM messages m
      WHERE m.history_id = $1 AND m.session_id = ANY($2) AND m.id = ANY($3)`,
    [historyId, uploads.map(({ session }) => toStored(session.id)), ids],
  );
  return new Map(rows.map(({ id, digest }) => [id, digest]));
}

/**
 * For each session whose deletion the origin refused: the history's newest message id, as of now. Messages up to it were announced
 * before.
 */
async function messagesGivenBack(
  { manager, historyId, history }: HistoryChange,
  sessionIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  // Nothing is announced during the first load.
  if (sessionIds.length === 0 || !history.isLoaded) return new Map();
  const rows = await manager.query<{ readonly id: string; readonly newest: number }[]>(
    `SELECT s.id, h.newest_message_id AS newest FROM unnest($2::text[]) AS s(id) JOIN histories h ON h.id = $1
      WHERE s.id IN (SELECT unnest(c.flagged) FROM commands c
        WHERE c.history_id = $1 AND c.kind = 'delete' AND c.state = 'refused' AND c.flagged && $2)`,
    [historyId, sessionIds.map(toStored)],
  );
  return new Map(rows.map(({ id, newest }) => [fromStored(id), newest]));
}
