import { useQuery } from '@tanstack/react-query';
import { useHistory } from '../api/connection.js';
import { texts } from '../language/language.js';
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
        {texts().cleanUp.action}
        <select
          value={criteria.action}
          onChange={(event) => {
            onChange(usualCriteria(event.target.value === 'delete' ? 'delete' : 'archive'));
          }}
        >
          {canArchive ? <option value="archive">{texts().cleanUp.archive}</option> : null}
          {canDelete ? <option value="delete">{texts().cleanUp.delete}</option> : null}
        </select>
      </label>
      <fieldset>
        <legend>{texts().cleanUp.age}</legend>
        <input
          type="number"
          min={1}
          max={99_999}
          aria-label={texts().cleanUp.ageNumber}
          value={criteria.age}
          onChange={(event) => {
            change({ age: event.target.value });
          }}
        />
        <select
          aria-label={texts().cleanUp.ageUnit}
          value={criteria.unit}
          onChange={(event) => {
            change({ unit: event.target.value as Criteria['unit'] });
          }}
        >
          {Object.entries(texts().cleanUp.units).map(([unit, name]) => (
            <option key={unit} value={unit}>
              {name}
            </option>
          ))}
        </select>
      </fieldset>
      <label>
        {texts().cleanUp.before}
        <input
          type="date"
          value={criteria.before}
          onChange={(event) => {
            change({ before: event.target.value });
          }}
        />
      </label>
      <label>
        {texts().cleanUp.maxMessages}
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
        label={texts().cleanUp.titled}
        value={criteria.titled}
        onChange={(titled) => {
          change({ titled });
        }}
      />
      {criteria.action === 'delete' ? (
        <ChoiceOf
          label={texts().cleanUp.archived}
          value={criteria.archived}
          onChange={(archived) => {
            change({ archived });
          }}
        />
      ) : null}
      <Names
        title={texts().cleanUp.platforms}
        names={statistics?.by_platform.map(({ platform }) => platform) ?? []}
        chosen={criteria.platforms}
        onChange={(platforms) => {
          change({ platforms });
        }}
      />
      {names.length > 1 ? (
        <Names
          title={texts().cleanUp.profiles}
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
        {texts().cleanUp.includeOpen}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={criteria.includePinned}
          onChange={(event) => {
            change({ includePinned: event.target.checked });
          }}
        />
        {texts().cleanUp.includePinned}
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
        {Object.entries(texts().cleanUp.choices).map(([choice, name]) => (
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
