import { DomainError } from '../domain/errors.js';
import { mayKnow, type SessionAccess, type SessionOwner } from '../domain/access.js';
import { HIDDEN_TITLE } from './session-title.js';

/** A session that has a title which another session should get. */
export interface TitleHolder extends SessionOwner {
  readonly id: string;
  readonly archived: boolean;
  readonly hidden: boolean;
}

/**
 * Requires that a session may be renamed.
 * @throws {DomainError} `refused_by_history` for the session that Hermes hides, because Hermes identifies it by its title.
 */
export function requireRenamable({
  title,
  hidden,
}: {
  readonly title: string | null;
  readonly hidden: boolean;
}): void {
  if (!hidden || title !== HIDDEN_TITLE) return;
  throw new DomainError('refused_by_history', {
    param: 'title',
    message: `Hermes hides this session by its title, "${HIDDEN_TITLE}", so it cannot be renamed.`,
  });
}

/** `title_in_use` with the id of the holder, which the message names only to callers who may see it. */
export class TitleInUseError extends DomainError {
  constructor(
    readonly holderId: string,
    mayTell: boolean,
  ) {
    super('title_in_use', {
      param: 'title',
      ...(mayTell ? { message: `The session ${holderId} already has this title.` } : {}),
    });
  }
}

/**
 * Requires that all holders of a title give it up. A compression ancestor does, because users see both as one conversation. So does the
 * conversation that Hermes hides by its title, once it is archived: to any session if it is hidden itself, otherwise only to a hidden
 * session. It is not hidden if it was created before Hermes created these sessions hidden.
 * @throws {TitleInUseError} which names a holder if the caller may see it.
 */
export function requireGivenUp<H extends TitleHolder>(
  holders: readonly H[],
  {
    title,
    isHidden,
    isAncestor,
    access,
  }: {
    readonly title: string;
    /** Whether the session that should get the title is hidden. */
    readonly isHidden: boolean;
    readonly isAncestor: (holder: H) => boolean;
    readonly access: SessionAccess;
  },
): void {
  const keeper = holders.find(
    (holder) =>
      !isAncestor(holder) && !(title === HIDDEN_TITLE && holder.archived && (holder.hidden || isHidden)),
  );
  if (keeper === undefined) return;
  throw new TitleInUseError(keeper.id, mayKnow(access, keeper));
}
