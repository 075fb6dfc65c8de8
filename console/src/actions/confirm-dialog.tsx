import { useState, type ReactNode } from 'react';
import { Dialog } from '../dialog.js';
import { texts } from '../language/language.js';

/** Asks for confirmation, and for large numbers requires typing the number. */
export function ConfirmDialog({
  isOpen,
  title,
  typedCount,
  agree,
  isHarmless = false,
  isCancelFocused = false,
  onAnswer,
  children,
}: {
  readonly isOpen: boolean;
  readonly title: string;
  /** The number that the user must type, so that it is not overlooked; not required if undefined. */
  readonly typedCount?: number;
  /** Label of the confirming button. */
  readonly agree: string;
  /** Whether the action can be undone. */
  readonly isHarmless?: boolean;
  readonly isCancelFocused?: boolean;
  readonly onAnswer: (isMeant: boolean) => void;
  /** The description of what is affected. */
  readonly children: ReactNode;
}): React.JSX.Element {
  const [typed, setTyped] = useState('');
  const answer = (isMeant: boolean): void => {
    setTyped('');
    onAnswer(isMeant);
  };
  return (
    <Dialog
      isOpen={isOpen}
      title={title}
      onClose={() => {
        answer(false);
      }}
    >
      {children}
      {typedCount === undefined ? null : (
        <label className="typed-number">
          {texts().deletion.typed(String(typedCount))}
          <input
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
            }}
          />
        </label>
      )}
      <div className="dialog-buttons">
        <button
          type="button"
          autoFocus={isCancelFocused}
          onClick={() => {
            answer(false);
          }}
        >
          {texts().actions.cancel}
        </button>
        <button
          type="button"
          className={isHarmless ? undefined : 'danger'}
          disabled={typedCount !== undefined && typed.trim() !== String(typedCount)}
          onClick={() => {
            answer(true);
          }}
        >
          {agree}
        </button>
      </div>
    </Dialog>
  );
}
