import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';

/** Stands where the list would be, and says what to do. */
export function Nothing({ view }: { readonly view: View }): React.JSX.Element {
  const isFiltered =
    view.search !== '' ||
    [view.platform, view.profile, view.user, view.since, view.until].some((filter) => filter !== '') ||
    view.archived === 'true';
  return (
    <div className="hint">
      <p>{isFiltered ? 'Nothing matches.' : 'There is no conversation yet.'}</p>
      {isFiltered ? (
        <button
          type="button"
          onClick={() => {
            show({
              ...{ search: '', platform: '', profile: '', user: '', since: '', until: '' },
              archived: 'false',
            });
          }}
        >
          Clear search and filters
        </button>
      ) : (
        <p>Talk to Hermes: it appears here by itself.</p>
      )}
    </div>
  );
}
