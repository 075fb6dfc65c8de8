import { texts } from '../language/language.js';

/** A field for the number of what goes, so that nobody overlooks it. */
export function TypedNumber({
  count,
  typed,
  onTyped,
}: {
  readonly count: number;
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
}): React.JSX.Element {
  return (
    <label className="typed-number">
      {texts().deletion.typed(String(count))}
      <input
        inputMode="numeric"
        autoComplete="off"
        value={typed}
        onChange={(event) => {
          onTyped(event.target.value);
        }}
      />
    </label>
  );
}
