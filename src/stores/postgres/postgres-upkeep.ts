import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { RepeatedWarning } from '../../logging/repeated-warning.js';
import { PostgresConnection } from './connection/postgres-connection.js';
import { CHANGE_LIFE } from './write/history-change.js';

/** How often outdated records are removed, in milliseconds. */
const INTERVAL = 3600_000;

/** How long the result of a command is kept, in seconds. */
const ENDED_COMMAND_LIFE = 12 * 3600;

/**
 * Removes outdated records for listeners and hosts. They contain titles and previews of sessions, also of deleted ones, and an inactive
 * history would keep them for ever.
 */
@Injectable()
export class PostgresUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #warning = new RepeatedWarning(new Logger(PostgresUpkeep.name));
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly connection: PostgresConnection) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.removeTold().catch((error: unknown) => {
        this.#warning.warn(`What was told of deleted sessions could not be removed: ${String(error)}`);
      });
    }, INTERVAL);
    this.#timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** @throws {DomainError} `store_unavailable` */
  async removeTold(): Promise<void> {
    await this.connection.transaction(async (manager) => {
      await manager.query('DELETE FROM changes WHERE happened_at < now() - make_interval(secs => $1)', [
        CHANGE_LIFE,
      ]);
      await manager.query(
        `DELETE FROM commands WHERE state <> 'pending' AND ended_at < now() - make_interval(secs => $1)`,
        [ENDED_COMMAND_LIFE],
      );
    });
  }
}
