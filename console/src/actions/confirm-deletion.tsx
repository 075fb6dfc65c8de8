import { Dialog } from '../dialog.js';

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
  return (
    <Dialog
      isOpen={isOpen}
      title={`Delete ${what}?`}
      onClose={() => {
        onAnswer(false);
      }}
    >
      {isBusy ? <p>An agent is in the middle of it: what it is doing now will be lost.</p> : null}
      <p>
        Every message goes with what is deleted: those from before it was compressed, and those of agents that
        worked on its behalf. Branches stay, as conversations of their own. Hermes forgets it, too: this
        cannot be undone.
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
    </Dialog>
  );
}
