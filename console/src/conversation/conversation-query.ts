import type { HermesSessions, SessionAddress, SessionDetailResponse } from '@hermes-sessions/client';
import type { Question } from '../api/question.js';

/** The query for a conversation's details. */
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
