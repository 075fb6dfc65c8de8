import { useEffect, useRef } from 'react';

/** Asks before something is deleted, and says what goes with it. */
export function ConfirmDeletion({
  isOpen,
  what,
  isBusy = false,
  onAnswer,
}: {
  readonly isOpen: boolean;
  readonly what: string;
  /** Whether an agent is in the middle of it. */
  readonly isBusy?: boolean;
  readonly onAnswer: (isMeant: boolean) => void;
}): React.JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="deletion-title"
      onCancel={() => {
        onAnswer(false);
      }}
    >
      <h2 id="deletion-title">Delete {what}?</h2>
      {isBusy ? <p>An agent is in the middle of it: what it is doing now will be lost.</p> : null}
      <p>
        Their messages go with them, and what other agents did on their behalf. Branches stay, as
        conversations of their own. Hermes forgets them, too: this cannot be undone.
      </p>
      <div className="dialog-buttons">
        <button
          type="button"
          autoFocus
          onClick={() => {
            onAnswer(false);
          }}
        >
          Keep
        </button>
        <button
          type="button"
          className="danger"
          onClick={() => {
            onAnswer(true);
          }}
        >
          Delete for good
        </button>
      </div>
    </dialog>
  );
}
