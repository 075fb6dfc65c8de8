import { useState } from 'react';
import { useThereIs } from '../api/there-is.js';
import { Check, Choice, Field, Names } from '../fields.js';
import { texts } from '../language/language.js';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';

/** The filters of the list, with values from the history itself. */
export function Filters({ view }: { readonly view: View }): React.JSX.Element {
  const [isOpen, setOpen] = useState(false);
  // The values are requested only when the filters are opened.
  const { platforms, models, profiles } = useThereIs(isOpen);
  const { filters, archived, list } = texts();
  const narrow = (change: Partial<View>): void => {
    show(change, 'replace');
  };
  return (
    <details
      className="filters"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{list.filters}</summary>
      <div className="filter-fields">
        <Names
          title={filters.platform}
          names={platforms}
          chosen={view.platform === '' ? [] : view.platform.split(',')}
          onChange={(chosen) => {
            narrow({ platform: chosen.join(',') });
          }}
        />
        <Choice
          label={filters.model}
          value={view.model}
          names={namesOf(models, view.model)}
          onChange={(model) => {
            narrow({ model });
          }}
        />
        {profiles.length > 1 ? (
          <Choice
            label={filters.profile}
            value={view.profile}
            names={namesOf(profiles, view.profile)}
            onChange={(profile) => {
              narrow({ profile });
            }}
          />
        ) : null}
        <Choice
          label={filters.archived}
          value={view.archived}
          names={archived}
          onChange={(value) => {
            narrow({ archived: value });
          }}
        />
        <Field
          label={filters.user}
          type="text"
          value={view.user}
          onChange={(user) => {
            narrow({ user });
          }}
        />
        {(['since', 'until'] as const).map((name) => (
          <Field
            key={name}
            label={filters[name]}
            type="date"
            value={view[name]}
            onChange={(day) => {
              narrow({ [name]: day });
            }}
          />
        ))}
        {(['pinned', 'children'] as const).map((name) => (
          <Check
            key={name}
            label={filters[name]}
            isChecked={view[name]}
            onChange={(isChecked) => {
              narrow({ [name]: isChecked });
            }}
          />
        ))}
      </div>
    </details>
  );
}

/** Options for one name or all; the selected name is always included. */
function namesOf(names: readonly string[], chosen: string): Readonly<Record<string, string>> {
  const all = chosen === '' ? names : [...new Set([...names, chosen])];
  return { '': texts().filter.all, ...Object.fromEntries(all.map((name) => [name, name])) };
}
