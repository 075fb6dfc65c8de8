import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { McpHttpHandler, McpServer } from '@modelcontextprotocol/server';
import type { Logger } from 'pino';
import type { Principal } from '../auth/principal.js';
import { LOGGER } from '../logging/logger.js';
import { ProfilesService } from '../profiles/profiles.service.js';
import { SessionCursors } from '../sessions/session-cursors.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { StatisticsService } from '../statistics/statistics.service.js';
import type { HistoryServices } from './tool.js';

/** Answers the Model Context Protocol. Its library is loaded when somebody speaks it first. */
@Injectable()
export class McpService implements BeforeApplicationShutdown {
  readonly #services: HistoryServices;
  readonly #open = new Set<McpHttpHandler>();

  constructor(
    @Inject(SessionsService) sessions: SessionsService,
    @Inject(SessionCursors) cursors: SessionCursors,
    @Inject(StatisticsService) statistics: StatisticsService,
    @Inject(ProfilesService) profiles: ProfilesService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#services = { sessions, cursors, statistics, profiles };
  }

  /**
   * Answers one request. Nothing is remembered between two of them, so that any of several servers can answer the next one.
   * @param body what was sent, parsed.
   */
  async exchange(request: Request, body: unknown, caller: Principal): Promise<Response> {
    const { createMcpHandler } = await import('@modelcontextprotocol/server');
    const handler = createMcpHandler(() => this.serverFor(caller));
    this.#open.add(handler);
    request.signal.addEventListener('abort', () => this.#open.delete(handler), { once: true });
    return handler.fetch(request, { parsedBody: body });
  }

  /** A server for one caller, which is to be connected. */
  async serverFor(caller: Principal): Promise<McpServer> {
    const { createHistoryServer } = await import('./history-server.js');
    return createHistoryServer({
      caller,
      services: this.#services,
      failures: (failure, code) => {
        this.logger.error({ err: failure, code }, 'failed');
      },
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#open].map((handler) => handler.close()));
  }
}
