import type { SessionResponse } from '@hermes-sessions/client';
import { ageOf, counted, LIST, speakerOf, timeOf } from '../words.js';
import { Snippet } from './snippet.js';

/** Pixels that a row takes, without a search and with what was found. */
export const ROW_HEIGHT = { plain: 62, match: 108 } as const;

/** One conversation of the list. */
export function ConversationRow({
  index,
  total,
  place,
  session,
  isActive,
  isOpen,
  isSelected,
  onClick,
}: {
  readonly index: number;
  readonly total: number;
  readonly place: { readonly top: number; readonly height: number };
  /** Undefined while it is on its way. */
  readonly session: SessionResponse | undefined;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  /** Is told whether a key was held that chooses instead of opening. */
  readonly onClick: (isChoice: boolean) => void;
}): React.JSX.Element {
  return (
    <div
      id={`row-${index}`}
      className="row"
      role="option"
      aria-selected={isSelected}
      aria-setsize={total}
      aria-posinset={index + 1}
      aria-current={isOpen ? 'true' : undefined}
      data-active={isActive}
      style={{ transform: `translateY(${place.top}px)`, height: place.height }}
      onClick={(event) => {
        onClick(event.ctrlKey || event.metaKey || event.shiftKey);
      }}
    >
      {session === undefined ? <span className="quiet">…</span> : <Content session={session} />}
    </div>
  );
}

function Content({ session }: { readonly session: SessionResponse }): React.JSX.Element {
  const { title, preview, platform, model, match, origin } = session;
  const heading = title ?? (preview === '' ? session.id : preview);
  return (
    <>
      <span className="row-title" dir="auto" data-untitled={title === null}>
        {heading}
      </span>
      <time
        className="row-time"
        dateTime={session.last_active_at ?? undefined}
        title={timeOf(session.last_active_at)}
      >
        {ageOf(session.last_active_at)}
      </time>
      <span className="row-facts">
        <span className="tag">{platform}</span>
        {origin === null ? null : <span className="tag">{origin}</span>}
        {session.pinned ? <span className="tag">pinned</span> : null}
        {session.archived ? <span className="tag">archived</span> : null}
        {session.ended_at === null ? <span className="tag tag-open">open</span> : null}
        <span>{counted(session.turn_count, 'turn')}</span>
        {model === null ? null : <span>{model}</span>}
      </span>
      {match === undefined ? null : <Match match={match} />}
    </>
  );
}

/** Where the search found it: who said it and when, and the words around it. */
function Match({ match }: { readonly match: NonNullable<SessionResponse['match']> }): React.JSX.Element {
  const { role, timestamp, snippet } = match;
  return (
    <span className="row-match" dir="auto">
      <span className="row-said">
        {role === null ? LIST.titleOnly : `${speakerOf(role)}, ${ageOf(timestamp)}`}
      </span>{' '}
      <Snippet html={snippet} />
    </span>
  );
}
