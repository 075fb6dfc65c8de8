import type { HermesSessions } from '@hermes-sessions/client';
import type { QueryClient } from '@tanstack/react-query';
import { openAddress } from './api/address.js';
import { pageQuery } from './api/pages.js';
import { capabilitiesQuery } from './api/permissions.js';
import { conversationQuery } from './conversation/conversation-query.js';
import { openingQuery } from './conversation/transcript-query.js';
import { partsOf, sourceOf } from './list/list-parts.js';
import { toQuery } from './list/list-query.js';
import type { View } from './view/view.js';

/** The part of the address that names the open conversation. */
type Open = Pick<View, 'session' | 'sessionProfile' | 'sessionOrigin' | 'message'>;

/**
 * Requests the initial data in parallel with the first rendering. Components report failures.
 * @returns once all requests have been answered.
 */
export async function readAhead(queries: QueryClient, history: HermesSessions, view: View): Promise<void> {
  const asked: Promise<unknown>[] = [queries.query(capabilitiesQuery(history))];
  if (view.page === 'history') {
    const { pinned, others } = partsOf(toQuery(view));
    for (const query of pinned === undefined ? [others] : [pinned, others])
      asked.push(queries.query(pageQuery(sourceOf(history, query), 0)));
    asked.push(readConversationAhead(queries, history, view));
  }
  await Promise.allSettled(asked);
}

/** Requests the open conversation, if any, before its component is loaded, and its messages without waiting for its details. */
export async function readConversationAhead(
  queries: QueryClient,
  history: HermesSessions,
  open: Open,
): Promise<void> {
  if (open.session === '') return;
  const { session: id, message } = open;
  const address = openAddress(open);
  await Promise.allSettled([
    queries.query(conversationQuery(history, id, address)),
    queries.query(openingQuery({ history, id, address }, message)),
  ]);
}
