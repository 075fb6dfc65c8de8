import type { PruneSessionsResponse } from '@hermes-sessions/client';
import { ConfirmDialog } from '../actions/confirm-dialog.js';
import { usePermissions } from '../api/permissions.js';
import { texts } from '../language/language.js';

/** Requires typing the number of conversations before the clean-up. */
export function ConfirmCleanUp({
  planned,
  isOpen,
  onAnswer,
}: {
  readonly planned: PruneSessionsResponse;
  readonly isOpen: boolean;
  readonly onAnswer: (isMeant: boolean) => void;
}): React.JSX.Element {
  const { action, count } = planned;
  const { keepsDeleted } = usePermissions();
  const isArchiving = action === 'archive';
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title={texts().cleanUp.ask(texts().actions.names[action], count)}
      typedCount={count}
      agree={
        isArchiving
          ? texts().actions.names.archive
          : keepsDeleted
            ? texts().trash.moveThere
            : texts().deletion.delete
      }
      isHarmless={isArchiving}
      onAnswer={onAnswer}
    >
      <p>
        {isArchiving
          ? texts().cleanUp.archiving
          : keepsDeleted
            ? texts().trash.whatGoes
            : texts().deletion.whatGoes}
      </p>
    </ConfirmDialog>
  );
}
