import { DomainError } from '../domain/errors.js';
import { mayKnow, type SessionAccess, type SessionOwner } from './session-access.js';
import { HIDDEN_TITLE } from './session-title.js';

/** A session that has a title which another one is to get. */
export interface TitleHolder extends SessionOwner {
  readonly id: string;
  readonly archived: boolean;
  readonly hidden: boolean;
}

/**
 * Makes sure that a session may be renamed.
 * @throws {DomainError} `refused_by_history` where it is the one that Hermes hides by its title, which it finds by it.
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

/** `title_in_use`, with who keeps the title, which is told to nobody who may not know of it. */
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
 * Makes sure that whoever has a title gives it up: a compression ancestor does, since to people both are one conversation, and the
 * conversation that Hermes hides by its title does once it has been archived: to anybody, or to one that is hidden where it is not itself, as
 * it was before Hermes began them hidden.
 * @throws {TitleInUseError} which names a holder where the caller may know of it.
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
    /** Whether the session that is to get it is hidden. */
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
