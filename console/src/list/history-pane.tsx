import { useState } from 'react';
import { SelectionBar } from '../actions/selection-bar.js';
import { WholeListBar } from '../actions/whole-list-bar.js';
import { usePermissions } from '../api/permissions.js';
import { useOfferedCommands } from '../palette/offered-commands.js';
import { Problem } from '../problem.js';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { texts } from '../language/language.js';
import { ConversationRows } from './conversation-rows.js';
import { FilterChips } from './filter-chips.js';
import { Filters } from './filters.js';
import { Nothing } from './nothing.js';
import { Order } from './order.js';
import { SearchField } from './search-field.js';
import { useSelection } from './selection.js';
import { Summary } from './summary.js';
import { useConversations } from './use-conversations.js';

/** The list of conversations with its search and filters. */
export function HistoryPane({ view }: { readonly view: View }): React.JSX.Element {
  const list = useConversations(view);
  const { whole, error, count, total, isLoading } = list;
  const selection = useSelection(list.name);
  const [isTyped, setTyped] = useState(false);
  const isOutdated = isTyped || list.isOutdated;
  // The search to return to when the current one is stopped.
  const [answered, setAnswered] = useState('');
  if (whole !== undefined && !list.isOutdated && answered !== view.search) setAnswered(view.search);
  const { canArchive, canPin, canDelete } = usePermissions();
  const canChoose = canArchive || canPin || canDelete;
  // Single session rows cannot be changed as a whole list: a change of a conversation affects all its rows.
  const canChooseAll = canChoose && !view.children && !isOutdated && whole !== undefined && total > 0;
  const canBegin = canChoose && !selection.isUnderWay && count > 0;
  useOfferedCommands(canBegin ? [{ name: texts().actions.choose, run: selection.begin }] : []);
  const stop = (): void => {
    show({ search: answered }, 'replace');
  };
  return (
    <section className="history" aria-label={texts().list.name}>
      <SearchField view={view} isSearching={isOutdated || isLoading} onTyped={setTyped} onStop={stop} />
      <FilterChips view={view} />
      <Filters view={view} />
      <Summary list={whole} view={view} isLoading={isLoading} isOfTitles={list.isOfTitles} listed={count}>
        {count > 1 ? <Order view={view} /> : null}
        {canBegin ? (
          <button type="button" className="link" onClick={selection.begin}>
            {texts().list.select}
          </button>
        ) : null}
      </Summary>
      {selection.isWhole ? <WholeListBar list={list} selection={selection} /> : null}
      {selection.isUnderWay && !selection.isWhole ? (
        <SelectionBar selection={selection} total={total} canChooseAll={canChooseAll} />
      ) : null}
      {error === null ? null : <Problem error={error} onRetry={list.retry} />}
      {whole !== undefined && total === 0 && !isOutdated ? <Nothing view={view} list={whole} /> : null}
      <ConversationRows
        list={list}
        view={view}
        selection={selection}
        canChoose={canChoose}
        isOutdated={isOutdated}
        onStop={stop}
        onChooseAll={() => {
          if (canChooseAll) selection.addAll();
        }}
      />
    </section>
  );
}
