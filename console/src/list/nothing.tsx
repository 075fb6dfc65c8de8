import type { SessionListResponse } from '@hermes-sessions/client';
import { show } from '../view/use-view.js';
import { UNFILTERED, type View } from '../view/view.js';
import { texts } from '../language/language.js';
import { chosenFilters } from './filter-chips.js';
import { understand } from './search-words.js';

/** Shown for an empty list: explains why, and what to do. */
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
        <p>{texts().list.empty}</p>
        {list.hidden.archived === 0 ? <p>{texts().list.emptyHint}</p> : null}
      </div>
    );
  }
  return (
    <div className="hint">
      <p>{texts().list.nothing}</p>
      {understand(view.search).wanted > 1 ? <p>{texts().list.allWords}</p> : null}
      {isNarrowed && view.search !== '' ? <p>{texts().list.narrowed}</p> : null}
      <button
        type="button"
        onClick={() => {
          show(UNFILTERED);
        }}
      >
        {texts().list.clear}
      </button>
    </div>
  );
}
