import type { SessionListResponse } from '@hermes-sessions/client';
import { show } from '../view/use-view.js';
import { UNFILTERED, type View } from '../view/view.js';
import { LIST } from '../words.js';
import { chosenFilters } from './filter-chips.js';
import { understand } from './search-words.js';

/** Stands where the list would be, and says why nothing is there and what to do. */
export function Nothing({
  view,
  list,
}: {
  readonly view: View;
  readonly list: SessionListResponse;
}): React.JSX.Element {
  const isNarrowed = chosenFilters(view).length > 0;
  if (!isNarrowed && view.search === '') {
    return (
      <div className="hint">
        <p>{LIST.empty}</p>
        {list.hidden.archived === 0 ? <p>{LIST.emptyHint}</p> : null}
      </div>
    );
  }
  return (
    <div className="hint">
      <p>{LIST.nothing}</p>
      {understand(view.search).wanted > 1 ? <p>{LIST.allWords}</p> : null}
      {isNarrowed && view.search !== '' ? <p>{LIST.narrowed}</p> : null}
      <button
        type="button"
        onClick={() => {
          show(UNFILTERED);
        }}
      >
        {LIST.clear}
      </button>
    </div>
  );
}
