import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useHistory } from '../api/connection.js';
import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';

/** Narrows the list down. What there is to choose from comes from the history itself. */
export function Filters({ view }: { readonly view: View }): React.JSX.Element {
  const history = useHistory();
  const isUsed = [view.platform, view.profile, view.user, view.since, view.until].some((text) => text !== '');
  const [isOpen, setOpen] = useState(isUsed);
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
  const names = [...new Set(profiles?.data.map(({ name }) => name) ?? [])];
  return (
    <details
      className="filters"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>Filters</summary>
      <div className="filter-fields">
        <Choice
          label="Platform"
          value={view.platform}
          values={platforms}
          onChange={(platform) => {
            show({ platform }, 'replace');
          }}
        />
        {names.length > 1 ? (
          <Choice
            label="Profile"
            value={view.profile}
            values={names}
            onChange={(profile) => {
              show({ profile }, 'replace');
            }}
          />
        ) : null}
        <label>
          Archived
          <select
            value={view.archived}
            onChange={(event) => {
              show({ archived: event.target.value as View['archived'] }, 'replace');
            }}
          >
            <option value="false">without</option>
            <option value="true">only</option>
            <option value="any">with</option>
          </select>
        </label>
        <Field
          label="Person"
          type="text"
          value={view.user}
          onChange={(user) => {
            show({ user }, 'replace');
          }}
        />
        <Field
          label="Begun since"
          type="date"
          value={view.since}
          onChange={(since) => {
            show({ since }, 'replace');
          }}
        />
        <Field
          label="Begun before"
          type="date"
          value={view.until}
          onChange={(until) => {
            show({ until }, 'replace');
          }}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={view.children}
            onChange={(event) => {
              show({ children: event.target.checked }, 'replace');
            }}
          />
          Every session by itself
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
        <option value="">all</option>
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
