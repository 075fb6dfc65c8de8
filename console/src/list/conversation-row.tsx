import type { SessionResponse } from '@hermes-sessions/client';
import { texts } from '../language/language.js';
import { speakerOf } from '../language/speakers.js';
import { ageOf, timeOf } from '../language/times.js';
import { Snippet } from './snippet.js';

/** Height of a row in pixels, without and with a search match. */
export const ROW_HEIGHT = { plain: 62, match: 108 } as const;

/** Milliseconds without activity after which an open conversation does not count as active any more, as in Hermes. */
const WORKING = 300_000;

/** The meaning of a click. */
export type Click = 'open' | 'choose' | 'range';

/** One conversation of the list: a link, which can also be opened in a new tab. */
export function ConversationRow({
  index,
  total,
  height,
  address,
  session,
  isActive,
  isOpen,
  isUnread,
  isSelected,
  canChoose,
  onClick,
}: {
  readonly index: number;
  readonly total: number;
  readonly height: number;
  /** The link's address. */
  readonly address: string | undefined;
  /** Undefined while it is loading. */
  readonly session: SessionResponse | undefined;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  readonly isUnread: boolean;
  readonly isSelected: boolean;
  readonly canChoose: boolean;
  readonly onClick: (click: Click) => void;
}): React.JSX.Element {
  return (
    <a
      id={`row-${index}`}
      className="row"
      href={address}
      tabIndex={-1}
      draggable={false}
      role="option"
      aria-selected={isSelected}
      aria-setsize={total}
      aria-posinset={index + 1}
      aria-current={isOpen ? 'true' : undefined}
      data-active={isActive}
      data-unread={isUnread}
      style={{ height }}
      onMouseDown={(event) => {
        // Keeps the focus on the list, and prevents text selection.
        if (event.button === 0) event.preventDefault();
      }}
      onClick={(event) => {
        const click = clickOf(event);
        if (click === undefined) return;
        event.preventDefault();
        onClick(click);
      }}
    >
      {canChoose ? <span className="row-check" aria-hidden="true" /> : null}
      {session === undefined ? (
        <span className="quiet">…</span>
      ) : (
        <Content session={session} isUnread={isUnread} />
      )}
    </a>
  );
}

/** The meaning of a click; undefined if the browser handles it, such as opening a new tab. */
function clickOf(event: React.MouseEvent): Click | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.shiftKey) return 'range';
  const isOnCheck = event.target instanceof Element && event.target.closest('.row-check') !== null;
  return isOnCheck ? 'choose' : 'open';
}

function Content({
  session,
  isUnread,
}: {
  readonly session: SessionResponse;
  readonly isUnread: boolean;
}): React.JSX.Element {
  const { title, platform, model, match, origin } = session;
  return (
    <>
      <span className="row-title" dir="auto" data-untitled={title === null}>
        {headingOf(session)}
      </span>
      <time
        className="row-time"
        dateTime={session.last_active_at ?? undefined}
        title={timeOf(session.last_active_at)}
      >
        {isUnread ? <span className="hidden">{texts().list.unread}</span> : null}
        {ageOf(session.last_active_at)}
      </time>
      <span className="row-facts">
        {isWorking(session) ? <span className="tag tag-working">{texts().list.working}</span> : null}
        <span className="tag">{platform}</span>
        {origin === null ? null : <span className="tag">{origin}</span>}
        {session.archived ? <span className="tag">{texts().list.archived}</span> : null}
        <span>{texts().counts.turns(session.turn_count)}</span>
        {model === null ? null : <span>{model}</span>}
      </span>
      {match === undefined ? null : <Match match={match} />}
    </>
  );
}

/** The displayed name of a conversation in the list. */
export function headingOf({ title, preview }: Pick<SessionResponse, 'title' | 'preview'>): string {
  return title ?? (preview === '' ? texts().list.untitled : preview);
}

function isWorking({ ended_at: end, last_active_at: active }: SessionResponse): boolean {
  return end === null && active !== null && Date.now() - Date.parse(active) < WORKING;
}

/** The search match: who wrote it, when, and the surrounding words. */
function Match({ match }: { readonly match: NonNullable<SessionResponse['match']> }): React.JSX.Element {
  const { role, timestamp, snippet } = match;
  return (
    <span className="row-match" dir="auto">
      <span className="row-said">
        {role === null ? texts().list.titleOnly : texts().list.said(speakerOf(role), ageOf(timestamp))}
      </span>{' '}
      <Snippet html={snippet} />
    </span>
  );
}
