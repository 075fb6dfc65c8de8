import { texts } from '../language/language.js';
import { takeOperators, type Refusal } from './search-operators.js';
import { understand } from './search-words.js';

/** Explains parts of a search text that may be understood differently than expected. */
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
  const refused = takeOperators(text, false).refusals.map(noteOn);
  const { excluded, wanted } = understand(text);
  if (excluded.length === 0) return refused;
  if (wanted === 0) return [...refused, texts().list.onlyExclusions];
  return [...refused, texts().list.excluded(excluded), texts().list.noTitles];
}

function noteOn({ why, operator }: Refusal): string {
  const { unknownOperator, wrongState, wrongDay, noExclusion } = texts().list;
  switch (why) {
    case 'unknown':
      return unknownOperator(operator);
    case 'value':
      return operator === 'is:' ? wrongState(operator) : wrongDay(operator);
    case 'exclusion':
      return noExclusion(operator);
  }
}
