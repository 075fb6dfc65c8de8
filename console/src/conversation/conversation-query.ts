import type { HermesSessions, SessionAddress, SessionDetailResponse } from '@hermes-sessions/client';
import type { Question } from '../api/question.js';

/** How what is known of a conversation is asked for. */
export function conversationQuery(
  history: HermesSessions,
  id: string,
  address: SessionAddress,
): Question<SessionDetailResponse> {
  return {
    queryKey: ['session', id, address],
    queryFn: ({ signal }) => history.get(id, address, { signal }),
  };
}
