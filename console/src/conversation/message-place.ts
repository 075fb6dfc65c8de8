import type { HermesSessions, SessionAddress } from '@hermes-sessions/client';

/**
 * The place of a message in a transcript, which is in the order of its ids; or of the next one where it is not there. A transcript of 100,000
 * messages takes 17 looks at one message each.
 */
export async function placeOf(
  history: HermesSessions,
  id: string,
  address: SessionAddress,
  message: number,
): Promise<number> {
  let begin = 0;
  const { total } = await history.messages(id, { ...address, lineage: true, limit: 1 });
  let end = total;
  while (begin < end) {
    const middle = Math.floor((begin + end) / 2);
    const { data } = await history.messages(id, { ...address, lineage: true, limit: 1, offset: middle });
    const found = data[0]?.id ?? Infinity;
    if (found === message) return middle;
    if (found < message) begin = middle + 1;
    else end = middle;
  }
  return Math.max(0, Math.min(begin, total - 1));
}
