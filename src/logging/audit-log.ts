import type { Logger } from 'pino';

/** A change of a session, or of what was kept of one. What its content is or was is nobody's business here. */
export interface AuditedChange {
  /** Who, as the logs name them; null for what this server does by itself. */
  readonly principal: string | null;
  /** The request that asked for it, whose own line has the same; none where none did. */
  readonly request_id?: string | undefined;
  readonly action: string;
  readonly session_id: string;
  /** Whose history it is in: several can have sessions of one id. `origin` is null where there is but one host. */
  readonly profile: string;
  readonly origin: string | null;
  /** Where more than the named session went. */
  readonly deleted_session_ids?: readonly string[];
  /** Where it is kept, or was. */
  readonly trash_id?: string;
  /** The setting by which this server did it. */
  readonly reason?: string;
}

/** One log line for each change that was made, whatever level is logged otherwise; none where nothing is logged at all. */
export class AuditLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger.level === 'silent' ? logger : logger.child({ audit: true }, { level: 'info' });
  }

  write(change: AuditedChange): void {
    this.#logger.info(change, 'changed');
  }
}
