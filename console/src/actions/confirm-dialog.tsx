import { useState, type ReactNode } from 'react';
import { Dialog } from '../dialog.js';
import { texts } from '../language/language.js';

/** Asks before something goes, by its number where that is much. */
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
  /** The number that has to be typed, so that nobody overlooks it; none where it is left out. */
  readonly typedCount?: number;
  /** What the button says that agrees. */
  readonly agree: string;
  /** Whether it can be taken back. */
  readonly isHarmless?: boolean;
  readonly isCancelFocused?: boolean;
  readonly onAnswer: (isMeant: boolean) => void;
  /** What is said of what goes. */
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
