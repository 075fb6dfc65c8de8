import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { texts } from '../language/language.js';

/** Narrows the list down. What there is to choose from comes from the history itself. */
export function Filters({ view }: { readonly view: View }): React.JSX.Element {
  const history = useHistory();
  const [isOpen, setOpen] = useState(false);
  // A large history takes seconds to count: nobody waits for it who does not look.
  const { data: statistics } = useQuery({
    queryKey: ['statistics', 'filters'],
    queryFn: ({ signal }) => history.statistics({}, { signal }),
    enabled: isOpen,
  });
  const { data: profiles } = useQuery({
    queryKey: ['profiles'],
    queryFn: ({ signal }) => history.profiles({ signal }),
  });
  const platforms = statistics?.by_platform.map(({ platform }) => platform) ?? [];
  const models = statistics?.by_model.flatMap(({ model }) => model ?? []) ?? [];
  const names = [...new Set(profiles?.data.map(({ name }) => name) ?? [])];
  return (
    <details
      className="filters"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{texts().list.filters}</summary>
      <div className="filter-fields">
        <Choice
          label={texts().filters.platform}
          value={view.platform}
          values={platforms}
          onChange={(platform) => {
            show({ platform }, 'replace');
          }}
        />
        <Choice
          label={texts().filters.model}
          value={view.model}
          values={models}
          onChange={(model) => {
            show({ model }, 'replace');
          }}
        />
        {names.length > 1 ? (
          <Choice
            label={texts().filters.profile}
            value={view.profile}
            values={names}
            onChange={(profile) => {
              show({ profile }, 'replace');
            }}
          />
        ) : null}
        <label>
          {texts().filters.archived}
          <select
            value={view.archived}
            onChange={(event) => {
              show({ archived: event.target.value as View['archived'] }, 'replace');
            }}
          >
            {Object.entries(texts().archived).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Field
          label={texts().filters.user}
          type="text"
          value={view.user}
          onChange={(user) => {
            show({ user }, 'replace');
          }}
        />
        <Field
          label={texts().filters.since}
          type="date"
          value={view.since}
          onChange={(since) => {
            show({ since }, 'replace');
          }}
        />
        <Field
          label={texts().filters.until}
          type="date"
          value={view.until}
          onChange={(until) => {
            show({ until }, 'replace');
          }}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={view.pinned}
            onChange={(event) => {
              show({ pinned: event.target.checked }, 'replace');
            }}
          />
          {texts().filters.pinned}
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={view.children}
            onChange={(event) => {
              show({ children: event.target.checked }, 'replace');
            }}
          />
          {texts().filters.children}
        </label>
      </div>
    </details>
  );
}

function Choice({
  label,
  value,
  values,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly onChange: (value: string) => void;
}): React.JSX.Element {
  const known = value === '' || values.includes(value) ? values : [value, ...values];
  return (
    <label>
      {label}
      <select
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      >
        <option value="">{texts().filter.all}</option>
        {known.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Field({
  label,
  type,
  value,
  onChange,
}: {
  readonly label: string;
  readonly type: 'text' | 'date';
  readonly value: string;
  readonly onChange: (value: string) => void;
}): React.JSX.Element {
  return (
    <label>
      {label}
      <input
        type={type}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </label>
  );
}
