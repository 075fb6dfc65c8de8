/** Failures of a history or of a request to it, with their default messages. */
export const FAILURES = {
  session_not_found: 'There is no session with this id.',
  message_not_found: 'The transcript has no message with this id.',
  ambiguous_session: 'Several profiles have a session with this id. Name one with profile.',
  session_exists: 'A session with this id already exists.',
  profile_not_found: 'Unknown or unconfigured profile',
  title_in_use: 'Another session already has this title.',
  session_busy: 'An agent is working in this session. Try again later, or send force=true.',
  plan_changed: 'The plan no longer matches what would be changed. Make a new dry run and check it.',
  refused_by_history:
    'A rule that Hermes put into the history forbids this. Nothing was changed; use Hermes itself for this change.',
  message_too_large:
    "One of the session's messages is larger than this server can read. Nothing was changed; delete the session by itself and without trash where the server has Node 22.13 or newer (SQLITE_NODE), or by Hermes's own means.",
  trash_off:
    'This server has no trash: TRASH_DIR is not set, or it serves a database. Delete without trash, or on the host of the conversation.',
  trash_too_small:
    'The conversation is larger than what the trash may hold. Nothing was deleted; set TRASH_MB higher, or delete without trash.',
  trash_inexact:
    "The conversation contains something that could not be restored exactly, such as bytes that are not text. Nothing was deleted; delete it without trash, or by Hermes's own means.",
  trash_unavailable:
    'The trash cannot be used at the moment: its folder cannot be written or read, or its disk is full. Nothing was changed; the log says why.',
  trash_entry_not_found: 'There is nothing with this id in the trash.',
  trash_entry_damaged: 'This trash entry is damaged and cannot be restored.',
  unsupported_by_store: 'This version of the history cannot store this. Update Hermes to use it.',
  store_unavailable: 'The history cannot be opened at the moment.',
  store_corrupt: 'The history file is damaged. Run "hermes-sessions doctor" on its host.',
  store_busy: 'An agent is writing to the history. Nothing was changed; try again.',
  search_timeout: 'The search took too long and was stopped. Use rarer words or more of them.',
  search_busy: 'Too many searches are waiting. Try again.',
  tokenizer_unavailable:
    "This history's search index needs Hermes's CJK tokenizer, which is not loaded here, so nothing can be deleted. Set HERMES_FTS5_CJK_SO to the libfts5_cjk.so that Hermes uses, and restart.",
  invalid_parameter: 'A parameter has a value that is not allowed.',
  precondition_failed: 'The session has changed since the answer whose ETag If-Match names. Read it again.',
  invalid_cursor: 'after must be the next_cursor of a page of this same list.',
  invalid_title: 'title may have at most 100 characters.',
} as const;

/** A stable code for a failure. */
export type FailureCode = keyof typeof FAILURES;

/** A failure that the caller may be told; any other error goes only to the log. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  /** The parameter or field at fault, if any. */
  readonly param: string | undefined;

  /** The profile whose history failed, for the log; undefined if unknown. */
  profile: string | undefined;

  /**
   * @param details.message what is wrong and what is allowed; by default the message in {@link FAILURES}.
   * @param details.cause the underlying error, for the log.
   */
  constructor(
    readonly code: FailureCode,
    details: { readonly param?: string; readonly message?: string; readonly cause?: unknown } = {},
  ) {
    super(details.message ?? FAILURES[code], { cause: details.cause });
    this.param = details.param;
  }
}
