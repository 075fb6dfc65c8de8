import { show } from '../view/use-view.js';
import { SORTS, type View } from '../view/view.js';
import { texts } from '../language/language.js';

/** Selects the order of the list. The default is relevance for a search, and last activity otherwise. */
export function Order({ view }: { readonly view: View }): React.JSX.Element {
  const isSearch = view.search !== '';
  return (
    <label className="order">
      <span className="hidden">{texts().list.order}</span>
      <select
        value={view.sort ?? (isSearch ? 'relevance' : '-last_active_at')}
        onChange={(event) => {
          const sort = SORTS.find((one) => one === event.target.value);
          show({ sort: !isSearch && sort === '-last_active_at' ? undefined : sort }, 'replace');
        }}
      >
        {isSearch ? <option value="relevance">{texts().orders.relevance}</option> : null}
        {SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {texts().orders[sort]}
          </option>
        ))}
      </select>
    </label>
  );
}
