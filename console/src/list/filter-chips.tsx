import { show } from '../view/use-view.js';
import { UNFILTERED, type View } from '../view/view.js';
import { texts } from '../language/language.js';
import type { Texts } from '../language/texts.js';

type Name = keyof Texts['filters'];

const NAMES = [
  ...(['platform', 'model', 'profile', 'user', 'since'] as const),
  ...(['until', 'archived', 'pinned', 'children'] as const),
] satisfies readonly Name[];

/** An active filter with its text. */
interface ChosenFilter {
  readonly name: Name;
  readonly text: string;
}

/** The active filters of a view. */
export function chosenFilters(view: View): readonly ChosenFilter[] {
  return NAMES.filter((name) => view[name] !== UNFILTERED[name]).map((name) => ({
    name,
    text: textOf(view, name),
  }));
}

/** The active filters; a click removes one. */
export function FilterChips({ view }: { readonly view: View }): React.JSX.Element | null {
  const chosen = chosenFilters(view);
  if (chosen.length === 0) return null;
  return (
    <ul className="chips" aria-label={texts().list.chosenFilters}>
      {chosen.map(({ name, text }) => (
        <li key={name}>
          <button
            type="button"
            className="chip"
            aria-label={texts().list.remove(text)}
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

function textOf(view: View, name: Name): string {
  const value = view[name];
  const { filters, filter, archived } = texts();
  if (typeof value === 'boolean') return filters[name];
  return filter.chosen(filters[name], name === 'archived' ? archived[view.archived] : value);
}
