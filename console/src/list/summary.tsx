import type { SessionListResponse } from '@hermes-sessions/client';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { counted } from '../words.js';

/** How many conversations there are, and what the rules left out. */
export function Summary({
  list,
  view,
  isLoading,
  listed,
  children,
}: {
  readonly list: SessionListResponse | undefined;
  readonly view: View;
  readonly isLoading: boolean;
  /** How many of them can be scrolled through. */
  readonly listed: number;
  /** What can be done with the list. */
  readonly children: React.ReactNode;
}): React.JSX.Element {
  if (list === undefined) return <div className="summary">{isLoading ? 'Loading…' : ''}</div>;
  const { archived, children: parts } = list.hidden;
  return (
    <div className="summary">
      <span role="status">{counted(list.total, view.children ? 'session' : 'conversation')}</span>
      {archived > 0 ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            show({ archived: 'any' }, 'replace');
          }}
        >
          {archived.toLocaleString()} {view.archived === 'true' ? 'not archived' : 'archived'}: show
        </button>
      ) : null}
      {parts > 0 ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            show({ children: true }, 'replace');
          }}
        >
          {counted(parts, 'part')} of conversations: show
        </button>
      ) : null}
      {children}
      {list.search_incomplete === true ? <span>The index is being built: some may be missing.</span> : null}
      {listed < list.total ? (
        <span>The first {listed.toLocaleString()} are listed: filters find the others.</span>
      ) : null}
    </div>
  );
}
