/** An input field for a text, number or day. */
export function Field({
  label,
  value,
  onChange,
  ...input
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
} & Pick<React.ComponentProps<'input'>, 'type' | 'min' | 'max'>): React.JSX.Element {
  return (
    <label>
      <span>{label}</span>
      <input
        {...input}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
    </label>
  );
}

/** Selects one of several values by their labels. */
export function Choice<Value extends string>({
  label,
  value,
  names,
  onChange,
}: {
  readonly label: string;
  readonly value: Value;
  /** The label of each value. */
  readonly names: Readonly<Partial<Record<Value, string>>>;
  readonly onChange: (value: Value) => void;
}): React.JSX.Element {
  return (
    <label>
      <span>{label}</span>
      <select
        value={value}
        onChange={(event) => {
          onChange(event.target.value as Value);
        }}
      >
        {Object.entries(names).map(([each, name]) => (
          <option key={each} value={each}>
            {String(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A checkbox. */
export function Check({
  label,
  isChecked,
  onChange,
}: {
  readonly label: string;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}): React.JSX.Element {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={isChecked}
        onChange={(event) => {
          onChange(event.target.checked);
        }}
      />
      {label}
    </label>
  );
}

/** Selects some of several names; none selected means all. Selected names are always offered. */
export function Names({
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
      {[...new Set([...names, ...chosen])].map((name) => (
        <Check
          key={name}
          label={name}
          isChecked={chosen.includes(name)}
          onChange={(isChecked) => {
            onChange(isChecked ? [...chosen, name] : chosen.filter((one) => one !== name));
          }}
        />
      ))}
    </fieldset>
  );
}
