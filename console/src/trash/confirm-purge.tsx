import { useState } from 'react';
import { TypedNumber } from '../actions/typed-number.js';
import { Dialog } from '../dialog.js';
import { texts } from '../language/language.js';

/** Asks for the number of what goes for good before it goes. */
export function ConfirmPurge({
  isOpen,
  count,
  onAnswer,
}: {
  readonly isOpen: boolean;
  readonly count: number;
  readonly onAnswer: (isMeant: boolean) => void;
}): React.JSX.Element {
  const [typed, setTyped] = useState('');
  const answer = (isMeant: boolean): void => {
    setTyped('');
    onAnswer(isMeant);
  };
  return (
    <Dialog
      isOpen={isOpen}
      title={texts().trash.askPurge(count)}
      onClose={() => {
        answer(false);
      }}
    >
      <p>{texts().trash.final}</p>
      <TypedNumber count={count} typed={typed} onTyped={setTyped} />
      <div className="dialog-buttons">
        <button
          type="button"
          onClick={() => {
            answer(false);
          }}
        >
          {texts().actions.cancel}
        </button>
        <button
          type="button"
          className="danger"
          disabled={typed.trim() !== String(count)}
          onClick={() => {
            answer(true);
          }}
        >
          {texts().trash.agree}
        </button>
      </div>
    </Dialog>
  );
}
