import { HermesSessionsError, type HermesSessions, type SessionAddress } from '@hermes-sessions/client';

/** The place of a message in a transcript; or of the next one where it is not there any more, or of the last. */
export async function placeOf(
  history: HermesSessions,
  id: string,
  address: SessionAddress,
  message: number,
): Promise<number> {
  const query = { ...address, lineage: true, limit: 1 };
  try {
    return (await history.messages(id, { ...query, around: message })).position ?? 0;
  } catch (error) {
    if (!(error instanceof HermesSessionsError) || error.code !== 'message_not_found') throw error;
  }
  const { data, total } = await history.messages(id, { ...query, after: message });
  const next = data[0];
  return next === undefined ? Math.max(0, total - 1) : placeOf(history, id, address, next.id);
}
