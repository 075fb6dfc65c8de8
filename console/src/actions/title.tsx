import { useState, type SyntheticEvent } from 'react';
import { useKeys } from '../keyboard.js';
import { useOfferedCommands } from '../palette/offered-commands.js';
import { texts } from '../language/language.js';

/** Characters of a title that Hermes allows. */
const LONGEST = 100;

/** A title as somebody is about to change it. */
interface Draft {
  readonly text: string;
  /** What the title was when that was begun, or when somebody was told that it is another one. */
  readonly from: string | null;
  /** Whether the title became another one while somebody wrote. */
  readonly isOvertaken: boolean;
}

/** What was typed and is no title yet, by the conversation, whatever is shown meanwhile. */
const drafts = new Map<string, Draft>();

/** Keeps nothing of it any more. */
export function forgetDrafts(): void {
  drafts.clear();
}

/** A title that is renamed where it stands. What was typed stays until it is the title, or is given up. */
export function Title({
  of,
  title,
  preview,
  fallback,
  canRename,
  onRename,
  onGiveUp,
}: {
  /** Tells the conversation from all others. */
  readonly of: string;
  readonly title: string | null;
  /** What a conversation without a title begins with, and so its new title. */
  readonly preview: string;
  /** What is shown where there is no title. */
  readonly fallback: string;
  readonly canRename: boolean;
  /** Is given null where the title was emptied. @returns whether it is the title now. */
  readonly onRename: (title: string | null) => Promise<boolean>;
  readonly onGiveUp: () => void;
}): React.JSX.Element {
  const [draft, setShown] = useState(() => drafts.get(of));
  const [isBusy, setBusy] = useState(false);
  // What was typed earlier takes no keys from what is looked at now.
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
