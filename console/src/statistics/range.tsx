import { show } from '../view/use-view.js';
import type { View } from '../view/view.js';
import { texts } from '../language/language.js';

/** Lengths of the offered ranges, in days. */
const PRESETS = [7, 30, 90, 365] as const;

/** The name of a local day. @param back days before today. */
export function dayBefore(back: number, today = new Date()): string {
  const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() - back);
  const parts = [day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0'));
  return [day.getFullYear(), ...parts].join('-');
}

/** Selects the range of the statistics. */
export function Range({ view }: { readonly view: View }): React.JSX.Element {
  const preset = PRESETS.find((days) => view.to === '' && view.from === dayBefore(days - 1));
  return (
    <fieldset className="range">
      <legend className="hidden">{texts().statistics.range}</legend>
      <select
        aria-label={texts().statistics.range}
        value={view.from === '' && view.to === '' ? 'all' : (preset ?? 'own')}
        onChange={({ target: { value } }) => {
          if (value !== 'own')
            show({ from: value === 'all' ? '' : dayBefore(Number(value) - 1), to: '' }, 'replace');
        }}
      >
        <option value="all">{texts().statistics.all}</option>
        {PRESETS.map((days) => (
          <option key={days} value={days}>
            {days === 365 ? texts().statistics.year : texts().statistics.lastDays(days)}
          </option>
        ))}
        <option value="own">{texts().statistics.own}</option>
      </select>
      {(['from', 'to'] as const).map((name) => (
        <label key={name}>
          {texts().statistics[name]}
          <input
            type="date"
            value={view[name]}
            onChange={(event) => {
              show({ [name]: event.target.value }, 'replace');
            }}
          />
        </label>
      ))}
    </fieldset>
  );
}
