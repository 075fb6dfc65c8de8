import { parseSearch } from '../../../sessions/search/search-query.js';
import type { SessionAccess } from '../../../domain/access.js';
import type { MessageHitPage, MessageSearchRequest } from '../../../sessions/session-query.js';
import { hitsOf, pageOfFound } from '../../../sessions/transcript/found-messages.js';
import type { HermesConnection } from '../file/hermes-connection.js';
import type { SearchThreads } from '../search/search-threads.js';
import { fittingFound, readFoundMessages } from './transcript.js';
import { transcriptSessions } from './transcript-sessions.js';

/** Search within one conversation. A search thread reads it, so that a long one delays nobody else. */
export class ConversationSearch {
  constructor(
    private readonly connection: HermesConnection,
    private readonly threads: SearchThreads,
  ) {}

  /**
   * One page of the messages that satisfy a search.
   * @throws {DomainError} `session_not_found`, `search_timeout`, `search_busy`
   */
  async page(id: string, request: MessageSearchRequest, access: SessionAccess): Promise<MessageHitPage> {
    const sessionIds = await this.connection.snapshot((history) =>
      transcriptSessions(history, id, request, access),
    );
    const query = parseSearch(request.text);
    if (query === undefined) return { hits: [], total: 0, hasMore: false };
    const { text, roles, includeInactive, offset } = request;
    const found = await this.threads.run<'transcript'>(
      { kind: 'transcript', text, sessionIds, roles, includeInactive },
      request,
    );
    const total = found.ids.length;
    const { page, read } = await this.connection.snapshot((history) => {
      const page = fittingFound(history, pageOfFound(found, request));
      // Omits sessions that belong to somebody else by now.
      const visible = transcriptSessions(history, id, request, access);
      return { page, read: readFoundMessages(history, visible, { found: page, includeInactive }) };
    });
    // After the read transaction, which blocks commits of agents if there is no write-ahead log.
    const hits = await hitsOf(query, page, read);
    return { hits, total, hasMore: offset + page.length < total };
  }
}
