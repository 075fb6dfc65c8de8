import { LIST } from '../words.js';
import { takeOperators, type Refusal } from './search-operators.js';
import { understand } from './search-words.js';

const REFUSALS: Readonly<Record<Refusal['why'], (operator: string) => string>> = {
  unknown: LIST.unknownOperator,
  value: LIST.unknownValue,
  exclusion: LIST.noExclusion,
};

/** Says what of a search text is understood otherwise than somebody may think. */
export function SearchNotes({ text }: { readonly text: string }): React.JSX.Element | null {
  const notes = notesOn(text);
  if (notes.length === 0) return null;
  return (
    <ul className="search-notes" role="status">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function notesOn(text: string): readonly string[] {
  const refused = takeOperators(text, false).refusals.map(({ why, operator }) => REFUSALS[why](operator));
  const { excluded, wanted } = understand(text);
  if (excluded.length === 0) return refused;
  if (wanted === 0) return [...refused, LIST.onlyExclusions];
  return [...refused, LIST.excluded(excluded.join(', ')), LIST.noTitles];
}
