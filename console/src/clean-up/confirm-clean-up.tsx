import type { PruneSessionsResponse } from '@hermes-sessions/client';
import { useState } from 'react';
import { TypedNumber } from '../actions/typed-number.js';
import { usePermissions } from '../api/permissions.js';
import { Dialog } from '../dialog.js';
import { texts } from '../language/language.js';

/** Asks for the number of what goes before it goes. */
export function ConfirmCleanUp({
  planned,
  isOpen,
  onAnswer,
}: {
  readonly planned: PruneSessionsResponse;
  readonly isOpen: boolean;
  readonly onAnswer: (isMeant: boolean) => void;
}): React.JSX.Element {
  const [typed, setTyped] = useState('');
  const { action, count } = planned;
  const { keepsDeleted } = usePermissions();
  const answer = (isMeant: boolean): void => {
    setTyped('');
    onAnswer(isMeant);
  };
  return (
    <Dialog
      isOpen={isOpen}
      title={texts().cleanUp.ask(texts().actions.names[action], count)}
      onClose={() => {
        answer(false);
      }}
    >
      <p>
        {action === 'archive'
          ? texts().cleanUp.archiving
          : keepsDeleted
            ? texts().trash.whatGoes
            : texts().deletion.whatGoes}
      </p>
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
          className={action === 'delete' ? 'danger' : undefined}
          disabled={typed.trim() !== String(count)}
          onClick={() => {
            answer(true);
          }}
        >
          {action === 'archive'
            ? texts().actions.names.archive
            : keepsDeleted
              ? texts().trash.moveThere
              : texts().deletion.delete}
        </button>
      </div>
    </Dialog>
  );
}
