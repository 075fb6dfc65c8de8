import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { McpRequestContext, McpServer } from '@modelcontextprotocol/server';
import type { Logger } from 'pino';
import { OWNER } from '../auth/authenticator.js';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../domain/errors.js';
import { EventHub } from '../events/event-hub.js';
import { Pages } from '../export/pages.js';
import { FailureLog } from '../http/failure-log.js';
import { LOGGER } from '../logging/logger.js';
import { ProfilesService } from '../profiles/profiles.service.js';
import { SessionCursors } from '../sessions/session-cursors.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { StatisticsService } from '../statistics/statistics.service.js';
import { isRecord } from '../text/tool-call.js';
import { ResourceChanges, type Subscriptions } from './resource-changes.js';
import { isListening, subscribedUris } from './listening.js';
import type { HistoryServices } from './tool.js';

/** Revisions of the protocol are of two kinds: those since 2026-07-28, and those before. */
type Era = McpRequestContext['era'];

/** Answers the Model Context Protocol. Its library is loaded when somebody speaks it first. */
@Injectable()
export class McpService implements BeforeApplicationShutdown {
  readonly #services: HistoryServices;
  /** What ends each exchange that goes on until somebody leaves. */
  readonly #listening = new Set<() => void>();

  constructor(
    @Inject(SessionsService) sessions: SessionsService,
    @Inject(SessionCursors) cursors: SessionCursors,
    @Inject(StatisticsService) statistics: StatisticsService,
    @Inject(ProfilesService) profiles: ProfilesService,
    @Inject(Pages) pages: Pages,
    @Inject(EventHub) private readonly hub: EventHub,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(FailureLog) private readonly failureLog: FailureLog,
  ) {
    this.#services = { sessions, cursors, statistics, profiles, pages };
  }

  /**
   * Answers one request. Nothing is remembered between two of them, so that any of several servers can answer the next one.
   * @param body what was sent, parsed.
   */
  async exchange(request: Request, body: unknown, caller: Principal): Promise<Response> {
    if (request.method === 'GET') return this.#listen(request, caller);
    const { createMcpHandler } = await import('@modelcontextprotocol/server');
    const uris = subscribedUris(body);
    const bus = new ResourceChanges(uris.length > 0 ? this.#subscriptions(caller, () => uris) : undefined);
    const handler = createMcpHandler(({ era }) => this.#serverFor(caller, era, toolOf(body)), { bus });
    if (isListening(body)) await this.#follow(bus, request, caller, () => void handler.close());
    return handler.fetch(request, { parsedBody: body });
  }

  /**
   * A server for one client that is connected for as long as it is there, and hears of changes meanwhile.
   * @param uris the addresses that it subscribed to by now.
   */
  async connectedServer(caller: Principal, era: Era, uris: () => Iterable<string>): Promise<McpServer> {
    const server = await this.#serverFor(caller, era);
    const changes = new ResourceChanges(this.#subscriptions(caller, uris));
    await changes.follow(this.hub, caller, () => undefined);
    changes.subscribe((event) => {
      if (!server.isConnected()) return;
      if (event.kind === 'resources_list_changed') server.sendResourceListChanged();
      else if (event.kind === 'resource_updated' && era === 'modern')
        void server.server.sendResourceUpdated({ uri: event.uri });
    });
    server.server.onclose = () => {
      changes.end();
    };
    return server;
  }

  beforeApplicationShutdown(): void {
    for (const end of this.#listening) end();
  }

  #subscriptions(caller: Principal, uris: () => Iterable<string>): Subscriptions {
    const { sessions } = this.#services;
    const rootOf = async (id: string): Promise<string | undefined> => {
      try {
        const { profile, origin } = await sessions.get(id, {}, caller);
        // Changes name the first session of all, which is told to nobody.
        return (await sessions.get(id, { profile, origin: origin ?? undefined }, OWNER)).rootId;
      } catch (error) {
        if (error instanceof DomainError && error.code === 'session_not_found') return undefined;
        throw error;
      }
    };
    return { uris, rootOf };
  }

  /** What clients of the revisions before listen on: they are told that the list of conversations is another. */
  async #listen(request: Request, caller: Principal): Promise<Response> {
    const { WebStandardStreamableHTTPServerTransport } = await import('@modelcontextprotocol/server');
    const server = await this.#serverFor(caller, 'legacy');
    const transport = new WebStandardStreamableHTTPServerTransport();
    await server.connect(transport);
    const changes = new ResourceChanges();
    await this.#follow(changes, request, caller, () => void server.close());
    changes.subscribe(({ kind }) => {
      if (kind === 'resources_list_changed') server.sendResourceListChanged();
    });
    return transport.handleRequest(request);
  }

  /** Follows the history until a request ends, or nobody may listen any more. */
  async #follow(
    changes: ResourceChanges,
    { signal }: Request,
    caller: Principal,
    end: () => void,
  ): Promise<void> {
    await changes.follow(this.hub, caller, end);
    const leave = (): void => {
      this.#listening.delete(end);
      changes.end();
      end();
    };
    this.#listening.add(end);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  }

  async #serverFor(caller: Principal, era: Era, onlyTool?: string): Promise<McpServer> {
    const { createHistoryServer } = await import('./history-server.js');
    return createHistoryServer({
      caller,
      services: this.#services,
      onlyTool,
      canSubscribe: era === 'modern',
      failures: (error, failure) => {
        this.failureLog.write(this.logger, error, failure);
      },
    });
  }
}

/** The tool that a message calls; undefined where it asks for something else. */
function toolOf(body: unknown): string | undefined {
  if (!isRecord(body) || body.method !== 'tools/call' || !isRecord(body.params)) return undefined;
  const { name } = body.params;
  return typeof name === 'string' ? name : undefined;
}
