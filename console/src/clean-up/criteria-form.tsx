import { useThereIs } from '../api/there-is.js';
import { Check, Choice, Field, Names } from '../fields.js';
import { texts } from '../language/language.js';
import { usualCriteria, type Criteria } from './criteria.js';

/** The form with the criteria of a clean-up. */
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
  const { platforms, profiles, origins } = useThereIs();
  const { cleanUp } = texts();
  const change = (part: Partial<Criteria>): void => {
    onChange({ ...criteria, ...part });
  };
  return (
    <div className="criteria">
      <Choice
        label={cleanUp.action}
        value={criteria.action}
        names={{
          ...(canArchive ? { archive: cleanUp.archive } : {}),
          ...(canDelete ? { delete: cleanUp.delete } : {}),
        }}
        onChange={(action) => {
          onChange(usualCriteria(action));
        }}
      />
      <fieldset>
        <legend>{cleanUp.age}</legend>
        <Field
          label={cleanUp.ageNumber}
          type="number"
          min={1}
          max={99_999}
          value={criteria.age}
          onChange={(age) => {
            change({ age });
          }}
        />
        <Choice
          label={cleanUp.ageUnit}
          value={criteria.unit}
          names={cleanUp.units}
          onChange={(unit) => {
            change({ unit });
          }}
        />
      </fieldset>
      <Field
        label={cleanUp.before}
        type="date"
        value={criteria.before}
        onChange={(before) => {
          change({ before });
        }}
      />
      <Field
        label={cleanUp.maxMessages}
        type="number"
        min={0}
        value={criteria.maxMessages}
        onChange={(maxMessages) => {
          change({ maxMessages });
        }}
      />
      <Choice
        label={cleanUp.titled}
        value={criteria.titled}
        names={cleanUp.choices}
        onChange={(titled) => {
          change({ titled });
        }}
      />
      {criteria.action === 'delete' ? (
        <Choice
          label={cleanUp.archived}
          value={criteria.archived}
          names={cleanUp.choices}
          onChange={(archived) => {
            change({ archived });
          }}
        />
      ) : null}
      <Names
        title={cleanUp.platforms}
        names={platforms}
        chosen={criteria.platforms}
        onChange={(chosen) => {
          change({ platforms: chosen });
        }}
      />
      {profiles.length > 1 ? (
        <Names
          title={cleanUp.profiles}
          names={profiles}
          chosen={criteria.profiles}
          onChange={(chosen) => {
            change({ profiles: chosen });
          }}
        />
      ) : null}
      {origins.length > 0 ? (
        <Names
          title={cleanUp.origins}
          names={origins}
          chosen={criteria.origins}
          onChange={(chosen) => {
            change({ origins: chosen });
          }}
        />
      ) : null}
      {(['includeOpen', 'includePinned'] as const).map((name) => (
        <Check
          key={name}
          label={cleanUp[name]}
          isChecked={criteria[name]}
          onChange={(isChecked) => {
            change({ [name]: isChecked });
          }}
        />
      ))}
    </div>
  );
}
