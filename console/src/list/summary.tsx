import type { SessionListResponse } from '@hermes-sessions/client';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { texts } from '../language/language.js';

/** The number of conversations, and of those that are hidden. */
export function Summary({
  list,
  view,
  isLoading,
  isOfTitles,
  listed,
  children,
}: {
  readonly list: SessionListResponse | undefined;
  readonly view: View;
  readonly isLoading: boolean;
  /** Whether only title matches are listed. */
  readonly isOfTitles: boolean;
  /** Number of rows that can be scrolled to. */
  readonly listed: number;
  /** Actions on the list. */
  readonly children: React.ReactNode;
}): React.JSX.Element {
  if (isOfTitles)
    return (
      <div className="summary">
        <span role="status">{texts().list.titlesFirst}</span>
      </div>
    );
  if (list === undefined) return <div className="summary">{isLoading ? texts().list.loading : ''}</div>;
  const { archived, children: parts } = list.hidden;
  const { counts } = texts();
  return (
    <div className="summary">
      <span role="status">
        {view.children ? counts.sessions(list.total) : counts.conversations(list.total)}
      </span>
      {archived > 0 ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            show({ archived: 'any' }, 'replace');
          }}
        >
          {view.archived === 'true' ? texts().list.showRest(archived) : texts().list.showArchived(archived)}
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
          {texts().list.showParts(parts)}
        </button>
      ) : null}
      {children}
      {list.search_incomplete === true ? <span>{texts().list.incomplete}</span> : null}
      {listed < list.total ? <span>{texts().list.first(listed)}</span> : null}
    </div>
  );
}
