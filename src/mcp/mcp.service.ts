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
import { isRecord } from '../text/json.js';
import { ResourceChanges, type Subscriptions } from './resource-changes.js';
import { isListening, subscribedUris } from './listening.js';
import type { HistoryServices } from './tool.js';

/** The two generations of protocol revisions: from 2026-07-28 on ("modern"), and before ("legacy"). */
type Era = McpRequestContext['era'];

/** Serves the Model Context Protocol. Its library is loaded on first use. */
@Injectable()
export class McpService implements BeforeApplicationShutdown {
  readonly #services: HistoryServices;
  /** Callbacks that end the long-lived exchanges. */
  readonly #listening = new Set<() => void>();

  constructor(
    sessions: SessionsService,
    cursors: SessionCursors,
    statistics: StatisticsService,
    profiles: ProfilesService,
    pages: Pages,
    private readonly hub: EventHub,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly failureLog: FailureLog,
  ) {
    this.#services = { sessions, cursors, statistics, profiles, pages };
  }

  /**
   * Answers one request. No state is kept between requests, so any of several servers can answer the next one.
   * @param body the parsed body.
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
   * A server for one permanently connected client, which is notified of changes.
   * @param uris the addresses that it currently subscribes to.
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
        // Events name the first session of the whole chain, which the caller may not be allowed to see. It is never sent to the caller.
        return (await sessions.get(id, { profile, origin: origin ?? undefined }, OWNER)).rootId;
      } catch (error) {
        if (error instanceof DomainError && error.code === 'session_not_found') return undefined;
        throw error;
      }
    };
    return { uris, rootOf };
  }

  /** The event stream of legacy clients: they are notified when the list of conversations changes. */
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

  /** Follows the history until the request ends, or the caller may not listen any more. */
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

/** The tool that a message calls; undefined for other messages. */
function toolOf(body: unknown): string | undefined {
  if (!isRecord(body) || body.method !== 'tools/call' || !isRecord(body.params)) return undefined;
  const { name } = body.params;
  return typeof name === 'string' ? name : undefined;
}
