import { formatInstant } from '../domain/instant.js';
import type { TrashEntryResponse } from './dto/trash-list.response.js';
import type { StoredEntry } from './trash-entry.js';

/**
 * An entry in the form of `/v1`.
 * @param sessionIds those of its sessions that the caller may see.
 * @param life how long entries are kept, in seconds.
 */
export function toTrashEntryResponse(
  { id, head: { entry, profile, deletedAt }, bytes }: StoredEntry,
  sessionIds: readonly string[],
  life: number,
): TrashEntryResponse {
  return {
    id,
    object: 'hermes.session.trash',
    session_id: entry.id,
    title: entry.title,
    preview: entry.preview,
    platform: entry.source,
    user_id: entry.userId,
    profile,
    started_at: formatInstant(entry.startedAt),
    last_active_at: formatInstant(entry.lastActiveAt),
    message_count: entry.messageCount,
    session_ids: sessionIds,
    bytes,
    deleted_at: formatInstant(deletedAt),
    expires_at: formatInstant(deletedAt + life),
  };
}
