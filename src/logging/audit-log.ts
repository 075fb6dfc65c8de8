import type { Logger } from 'pino';

/** A change of a session or of its trash entry, without any content. */
export interface AuditedChange {
  /** The caller's name, as in other log lines; null for changes by the server itself. */
  readonly principal: string | null;
  /** The id of the request, which its own log line contains, too; absent without a request. */
  readonly request_id?: string | undefined;
  readonly action: string;
  readonly session_id: string;
  /** The session's history, because several can have the same id. `origin` is null if there is only one host. */
  readonly profile: string;
  readonly origin: string | null;
  /** All deleted sessions, if more than the named one. */
  readonly deleted_session_ids?: readonly string[];
  /** The current or former trash entry. */
  readonly trash_id?: string;
  /** The setting that caused a change by the server. */
  readonly reason?: string;
}

/** Writes one log line for each completed change, independent of the log level; nothing if logging is off. */
export class AuditLog {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger.level === 'silent' ? logger : logger.child({ audit: true }, { level: 'info' });
  }

  write(change: AuditedChange): void {
    this.#logger.info(change, 'changed');
  }
}
