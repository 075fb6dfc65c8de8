import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
  type ListResourcesResult,
  type McpServer,
  type ReadResourceResult,
  type Variables,
} from '@modelcontextprotocol/server';
import type { SessionDetail } from '../../domain/session.js';
import { titleOf } from '../../export/readable.js';
import { checked } from '../../http/validation.js';
import { SessionAddressQuery } from '../../sessions/dto/session-address.query.js';
import { SessionListQuery } from '../../sessions/dto/session-list.query.js';
import { toSessionDetailResponse } from '../../sessions/session-presenter.js';
import type { SessionPage } from '../../sessions/session-query.js';
import { toApiError } from '../../http/errors.js';
import type { HistoryServerOptions } from '../history-server.js';
import { refusalText } from '../refusal.js';
import { oneLine } from '../text/one-line.js';
import { RECORDED } from '../text/quotation.js';
import { resumeCommand } from '../../text/resume-command.js';
import { completeSessionId } from './completion.js';
import { historyOf } from '../../domain/access.js';
import type { Address } from '../address.js';
import { SessionTemplate } from './session-template.js';
import { idOf, sessionUri, transcriptUri } from './session-uri.js';
import { transcriptMarkdown } from './transcript-markdown.js';

/** Conversations in the list of resources. Older ones are found with a tool. */
const NEWEST = 50;

/** Offers sessions and their transcripts as resources that people can attach to a prompt. */
export function offerSessions(server: McpServer, options: HistoryServerOptions): void {
  const complete = { id: (typed: string) => completeSessionId(typed, options) };
  server.registerResource(
    'session',
    new ResourceTemplate(new SessionTemplate('hermes://sessions/{id}'), { list: undefined, complete }),
    {
      title: 'A session',
      description: 'Details of a session: title, model, times, tokens, cost, and where to resume it.',
      mimeType: 'application/json',
    },
    (uri, variables, { mcpReq: { signal } }) => read(uri, variables, signal, options, sessionJson),
  );
  server.registerResource(
    'transcript',
    new ResourceTemplate(new SessionTemplate('hermes://sessions/{id}/transcript'), {
      list: () => newest(options),
      complete,
    }),
    {
      title: 'A transcript',
      description:
        'The messages of a conversation as Markdown, with tools folded; only the newest part of a long one.',
      mimeType: 'text/markdown',
    },
    (uri, variables, { mcpReq: { signal } }) => read(uri, variables, signal, options, transcriptMarkdown),
  );
}

/** The session that a resource shows, and what is needed to read it. */
export interface ReadSession {
  readonly session: SessionDetail;
  /** The address in the request. */
  readonly address: Address;
  readonly signal: AbortSignal;
  readonly options: HistoryServerOptions;
}

/** The text of a resource and its MIME type. */
export interface ResourceText {
  readonly mimeType: string;
  readonly text: string;
}

async function read(
  uri: URL,
  { id: variable, ...history }: Variables,
  signal: AbortSignal,
  options: HistoryServerOptions,
  write: (read: ReadSession) => Promise<ResourceText>,
): Promise<ReadResourceResult> {
  const id = idOf(variable);
  if (id === undefined) throw new ResourceNotFoundError(uri.href);
  const { caller, services, failures } = options;
  try {
    const asked = await checked(SessionAddressQuery, history);
    const session = await services.sessions.get(id, asked, caller);
    const address = { id, ...historyOf(asked) };
    return { contents: [{ uri: uri.href, ...(await write({ session, address, signal, options })) }] };
  } catch (error) {
    const { code, status } = toApiError(error);
    if (code === 'session_not_found') throw new ResourceNotFoundError(uri.href);
    const kind = status < 500 ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
    throw new ProtocolError(kind, refusalText(error, failures));
  }
}

function sessionJson({ session, address }: ReadSession): Promise<ResourceText> {
  const { tipId, profile } = session;
  const resource = {
    notice: RECORDED,
    ...toSessionDetailResponse(session),
    resume_command: resumeCommand({ id: tipId, profile }),
    transcript: transcriptUri(address),
  };
  return Promise.resolve({ mimeType: 'application/json', text: JSON.stringify(resource, null, 2) });
}

async function newest({ caller, services, failures }: HistoryServerOptions): Promise<ListResourcesResult> {
  const query = await checked(SessionListQuery, { limit: NEWEST });
  let page: SessionPage;
  let areSeveral: boolean;
  try {
    page = await services.sessions.list(query, caller);
    areSeveral = await services.profiles.areSeveral(caller);
  } catch (error) {
    throw new ProtocolError(ProtocolErrorCode.InternalError, refusalText(error, failures));
  }
  return {
    resources: page.entries.map(({ session }) => {
      // Another history may have a session with the same id.
      const history = areSeveral ? historyOf(session) : {};
      const address = { id: session.id, ...history };
      const places = Object.values(history).map((place) => `${oneLine(place)}, `);
      return {
        uri: transcriptUri(address),
        name: session.id,
        title: oneLine(titleOf(session)),
        description: `${places.join('')}${oneLine(session.platform)}, ${session.messageCount} messages; ${sessionUri(address)} has the details`,
        mimeType: 'text/markdown',
      };
    }),
  };
}
