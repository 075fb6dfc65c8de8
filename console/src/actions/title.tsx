import { useState, type SyntheticEvent } from 'react';
import { useKeys } from '../keyboard.js';
import { texts } from '../language/language.js';

/** Characters of a title that Hermes allows. */
const LONGEST = 100;

/** A title that is renamed where it stands. */
export function Title({
  title,
  fallback,
  canRename,
  onRename,
}: {
  readonly title: string | null;
  /** What is shown where there is no title. */
  readonly fallback: string;
  readonly canRename: boolean;
  /** Is given null where the title was emptied. */
  readonly onRename: (title: string | null) => void;
}): React.JSX.Element {
  const [draft, setDraft] = useState<string>();
  const begin = (): void => {
    setDraft(title ?? '');
  };
  useKeys({ r: begin }, canRename);
  if (!canRename) {
    return (
      <h2 dir="auto" className="title" data-untitled={title === null}>
        {title ?? fallback}
      </h2>
    );
  }
  if (draft === undefined) {
    return (
      <h2 dir="auto">
        <button
          type="button"
          className="title"
          data-untitled={title === null}
          title={texts().actions.rename}
          onClick={begin}
        >
          {title ?? fallback}
        </button>
      </h2>
    );
  }
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const next = draft.trim() === '' ? null : draft.trim();
    setDraft(undefined);
    if (next !== title) onRename(next);
  };
  return (
    <form className="rename" onSubmit={submit}>
      <input
        autoFocus
        aria-label={texts().actions.title}
        maxLength={LONGEST}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setDraft(undefined);
        }}
      />
      <button type="submit">{texts().actions.rename}</button>
      <button
        type="button"
        onClick={() => {
          setDraft(undefined);
        }}
      >
        {texts().actions.cancel}
      </button>
    </form>
  );
}
