import { useQuery } from '@tanstack/react-query';
import { useHistory } from '../api/connection.js';
import { CLEAN_UP } from '../words.js';
import { usualCriteria, type Choice, type Criteria } from './criteria.js';

/** Chooses what a clean-up takes. */
export function CriteriaForm({
  criteria,
  canArchive,
  canDelete,
  onChange,
}: {
  readonly criteria: Criteria;
  readonly canArchive: boolean;
  readonly canDelete: boolean;
  readonly onChange: (criteria: Criteria) => void;
}): React.JSX.Element {
  const history = useHistory();
  const { data: statistics } = useQuery({
    queryKey: ['statistics', 'filters'],
    queryFn: ({ signal }) => history.statistics({}, { signal }),
  });
  const { data: profiles } = useQuery({
    queryKey: ['profiles'],
    queryFn: ({ signal }) => history.profiles({ signal }),
  });
  const names = [...new Set(profiles?.data.map(({ name }) => name) ?? [])];
  const change = (part: Partial<Criteria>): void => {
    onChange({ ...criteria, ...part });
  };
  return (
    <div className="criteria">
      <label>
        {CLEAN_UP.action}
        <select
          value={criteria.action}
          onChange={(event) => {
            onChange(usualCriteria(event.target.value === 'delete' ? 'delete' : 'archive'));
          }}
        >
          {canArchive ? <option value="archive">{CLEAN_UP.archive}</option> : null}
          {canDelete ? <option value="delete">{CLEAN_UP.delete}</option> : null}
        </select>
      </label>
      <fieldset>
        <legend>{CLEAN_UP.age}</legend>
        <input
          type="number"
          min={1}
          max={99_999}
          aria-label={CLEAN_UP.ageNumber}
          value={criteria.age}
          onChange={(event) => {
            change({ age: event.target.value });
          }}
        />
        <select
          aria-label={CLEAN_UP.ageUnit}
          value={criteria.unit}
          onChange={(event) => {
            change({ unit: event.target.value as Criteria['unit'] });
          }}
        >
          {Object.entries(CLEAN_UP.units).map(([unit, name]) => (
            <option key={unit} value={unit}>
              {name}
            </option>
          ))}
        </select>
      </fieldset>
      <label>
        {CLEAN_UP.before}
        <input
          type="date"
          value={criteria.before}
          onChange={(event) => {
            change({ before: event.target.value });
          }}
        />
      </label>
      <label>
        {CLEAN_UP.maxMessages}
        <input
          type="number"
          min={0}
          value={criteria.maxMessages}
          onChange={(event) => {
            change({ maxMessages: event.target.value });
          }}
        />
      </label>
      <ChoiceOf
        label={CLEAN_UP.titled}
        value={criteria.titled}
        onChange={(titled) => {
          change({ titled });
        }}
      />
      {criteria.action === 'delete' ? (
        <ChoiceOf
          label={CLEAN_UP.archived}
          value={criteria.archived}
          onChange={(archived) => {
            change({ archived });
          }}
        />
      ) : null}
      <Names
        title={CLEAN_UP.platforms}
        names={statistics?.by_platform.map(({ platform }) => platform) ?? []}
        chosen={criteria.platforms}
        onChange={(platforms) => {
          change({ platforms });
        }}
      />
      {names.length > 1 ? (
        <Names
          title={CLEAN_UP.profiles}
          names={names}
          chosen={criteria.profiles}
          onChange={(chosen) => {
            change({ profiles: chosen });
          }}
        />
      ) : null}
      <label className="check">
        <input
          type="checkbox"
          checked={criteria.includeOpen}
          onChange={(event) => {
            change({ includeOpen: event.target.checked });
          }}
        />
        {CLEAN_UP.includeOpen}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={criteria.includePinned}
          onChange={(event) => {
            change({ includePinned: event.target.checked });
          }}
        />
        {CLEAN_UP.includePinned}
      </label>
    </div>
  );
}

function ChoiceOf({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: Choice;
  readonly onChange: (value: Choice) => void;
}): React.JSX.Element {
  return (
    <label>
      {label}
      <select
        value={value}
        onChange={(event) => {
          onChange(event.target.value as Choice);
        }}
      >
        {Object.entries(CLEAN_UP.choices).map(([choice, name]) => (
          <option key={choice} value={choice}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Chooses some of several names; all where none is chosen. */
function Names({
  title,
  names,
  chosen,
  onChange,
}: {
  readonly title: string;
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}): React.JSX.Element {
  return (
    <fieldset className="names">
      <legend>{title}</legend>
      {names.map((name) => (
        <label key={name} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={(event) => {
              onChange(event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name));
            }}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
