import { useState, type SyntheticEvent } from 'react';
import { useKeys } from '../keyboard.js';
import { useOfferedCommands } from '../palette/offered-commands.js';
import { texts } from '../language/language.js';

/** Maximum length of a title in Hermes. */
const LONGEST = 100;

/** A title being edited. */
interface Draft {
  readonly text: string;
  /** The title when editing began, or when the user was last told that it had changed. */
  readonly from: string | null;
  /** Whether the title changed during editing. */
  readonly isOvertaken: boolean;
}

/** Unsaved titles by conversation. They survive switching to another conversation. */
const drafts = new Map<string, Draft>();

/** Discards all unsaved titles. */
export function forgetDrafts(): void {
  drafts.clear();
}

/** A title with in-place editing. The entered text is kept until it is saved or discarded. */
export function Title({
  of,
  title,
  preview,
  fallback,
  canRename,
  onRename,
  onGiveUp,
}: {
  /** Identifies the conversation. */
  readonly of: string;
  readonly title: string | null;
  /** The beginning of an untitled conversation, suggested as its title. */
  readonly preview: string;
  /** Shown if there is no title. */
  readonly fallback: string;
  readonly canRename: boolean;
  /** Called with null if the title was cleared. @returns whether it was saved. */
  readonly onRename: (title: string | null) => Promise<boolean>;
  readonly onGiveUp: () => void;
}): React.JSX.Element {
  const [draft, setShown] = useState(() => drafts.get(of));
  const [isBusy, setBusy] = useState(false);
  // A draft from before must not take the keyboard focus.
  const [isBegun, setBegun] = useState(false);
  const setDraft = (next: Draft | undefined): void => {
    if (next === undefined) drafts.delete(of);
    else drafts.set(of, next);
    setShown(next);
  };
  const begin = (): void => {
    setBegun(true);
    setDraft({ text: title ?? preview.slice(0, LONGEST), from: title, isOvertaken: false });
  };
  const canBegin = canRename && draft === undefined;
  useKeys({ r: begin }, canBegin);
  useOfferedCommands(canBegin ? [{ name: texts().actions.rename, run: begin }] : []);
  if (!canRename) {
    return (
      <h2 dir="auto" className="title" data-untitled={title === null}>
        {title ?? fallback}
      </h2>
    );
  }
  const { actions } = texts();
  if (draft === undefined) {
    return (
      <h2 dir="auto">
        <button
          type="button"
          className="title"
          data-untitled={title === null}
          title={actions.rename}
          onClick={begin}
        >
          {title ?? fallback}
        </button>
      </h2>
    );
  }
  const giveUp = (): void => {
    setDraft(undefined);
    onGiveUp();
  };
  const rename = async (next: string | null): Promise<void> => {
    setBusy(true);
    if (await onRename(next)) {
      const typed = drafts.get(of);
      setDraft(typed === undefined || titleOf(typed) === next ? undefined : { ...typed, from: next });
    }
    setBusy(false);
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const next = titleOf(draft);
    if (next === title) giveUp();
    else if (title !== draft.from) setDraft({ ...draft, from: title, isOvertaken: true });
    else void rename(next);
  };
  return (
    <form className="rename" onSubmit={submit}>
      <input
        autoFocus={isBegun}
        aria-label={actions.title}
        aria-describedby="title-length"
        maxLength={LONGEST}
        value={draft.text}
        onFocus={(event) => {
          event.target.select();
        }}
        onChange={(event) => {
          setDraft({ ...draft, text: event.target.value });
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') giveUp();
        }}
      />
      <span id="title-length" className="quiet">
        {actions.doneOf(draft.text.length, LONGEST)}
      </span>
      <button type="submit" disabled={isBusy}>
        {actions.rename}
      </button>
      <button type="button" onClick={giveUp}>
        {actions.cancel}
      </button>
      {draft.isOvertaken ? (
        <p role="alert" className="problem">
          {actions.overtaken(title ?? fallback)}
        </p>
      ) : null}
    </form>
  );
}

function titleOf({ text }: Draft): string | null {
  return text.trim() === '' ? null : text.trim();
}
