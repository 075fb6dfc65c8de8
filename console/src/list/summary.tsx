import type { SessionListResponse } from '@hermes-sessions/client';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { counted, LIST } from '../words.js';

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
  if (list === undefined) return <div className="summary">{isLoading ? LIST.loading : ''}</div>;
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
          {LIST.archivedHidden(archived, view.archived === 'true')}
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
          {LIST.partsHidden(parts)}
        </button>
      ) : null}
      {children}
      {list.search_incomplete === true ? <span>{LIST.incomplete}</span> : null}
      {listed < list.total ? <span>{LIST.first(listed)}</span> : null}
    </div>
  );
}
