import { show } from '../view/use-view.js';
import { UNFILTERED, type View } from '../view/view.js';
import { ARCHIVED, FILTERS, LIST } from '../words.js';

const NAMES = Object.keys(FILTERS) as readonly (keyof typeof FILTERS)[];

/** A filter that narrows the list down, in words. */
interface ChosenFilter {
  readonly name: keyof typeof FILTERS;
  readonly text: string;
}

/** The filters that a view narrows its list down by. */
export function chosenFilters(view: View): readonly ChosenFilter[] {
  return NAMES.filter((name) => view[name] !== UNFILTERED[name]).map((name) => ({
    name,
    text: textOf(view, name),
  }));
}

/** What the list is narrowed down by; each goes with a click. */
export function FilterChips({ view }: { readonly view: View }): React.JSX.Element | null {
  const chosen = chosenFilters(view);
  if (chosen.length === 0) return null;
  return (
    <ul className="chips" aria-label={LIST.chosenFilters}>
      {chosen.map(({ name, text }) => (
        <li key={name}>
          <button
            type="button"
            className="chip"
            aria-label={LIST.remove(text)}
            onClick={() => {
              show({ [name]: UNFILTERED[name] }, 'replace');
            }}
          >
            <span dir="auto">{text}</span>
            <span aria-hidden="true"> ×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function textOf(view: View, name: keyof typeof FILTERS): string {
  const value = view[name];
  if (typeof value === 'boolean') return FILTERS[name];
  return `${FILTERS[name]}: ${name === 'archived' ? ARCHIVED[view.archived] : value}`;
}
