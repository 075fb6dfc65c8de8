import type { HermesSessions, SessionResponse } from '@hermes-sessions/client';
import { byPlace } from './change-all.js';

/** Sessions per export request. */
const TOGETHER = 500;

/** Many conversations as JSON Lines, each with its whole compression chain. */
export async function exportAll(
  history: HermesSessions,
  sessions: readonly SessionResponse[],
): Promise<Blob> {
  const parts: Blob[] = [];
  for (const [{ profile, origin }, group] of byPlace(sessions)) {
    const place = {
      ...(profile === undefined ? {} : { profile: [profile] }),
      ...(origin === undefined ? {} : { origin: [origin] }),
    };
    for (let at = 0; at < group.length; at += TOGETHER) {
      const ids = group.slice(at, at + TOGETHER).map(({ id }) => id);
      const stream = await history.exportAll({ ids, lineage: true, ...place });
      parts.push(await new Response(stream).blob());
    }
  }
  return new Blob(parts, { type: 'application/x-ndjson' });
}
