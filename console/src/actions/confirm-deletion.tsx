import type { SessionResponse } from '@hermes-sessions/client';
import { usePermissions } from '../api/permissions.js';
import { headingOf } from '../list/conversation-row.js';
import { identityOf } from '../list/selection.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { texts } from '../language/language.js';
import { timeOf } from '../language/times.js';

/** Number of conversations listed by name. */
const NAMED = 8;

/** To delete more than this, the user must type their number. */
const MANY = 20;

/** The displayed properties of a conversation to delete. */
type Going = Pick<
  SessionResponse,
  'id' | 'profile' | 'origin' | 'title' | 'preview' | 'message_count' | 'last_active_at'
>;

/** Asks for confirmation before deleting, and shows what is deleted. */
export function ConfirmDeletion({
  isOpen,
  sessions,
  count = sessions.length,
  isBusy = false,
  onAnswer,
}: {
  readonly isOpen: boolean;
  /** The conversations to list by name; only the first are needed. */
  readonly sessions: readonly Going[];
  /** Total number to delete. */
  readonly count?: number;
  /** Whether an agent is using the conversation. */
  readonly isBusy?: boolean;
  readonly onAnswer: (isMeant: boolean) => void;
}): React.JSX.Element {
  const { keepsDeleted } = usePermissions();
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title={texts().deletion.title(count)}
      typedCount={count > MANY ? count : undefined}
      agree={keepsDeleted ? texts().trash.moveThere : texts().deletion.delete}
      isCancelFocused
      onAnswer={onAnswer}
    >
      <ul className="going">
        {sessions.slice(0, NAMED).map((session) => (
          <li key={identityOf(session)}>
            <span dir="auto">{headingOf(session)}</span>{' '}
            <span className="quiet">
              {texts().deletion.facts(session.message_count, timeOf(session.last_active_at))}
            </span>
          </li>
        ))}
        {count > NAMED ? <li>{texts().deletion.more(count - NAMED)}</li> : null}
      </ul>
      {isBusy ? <p>{texts().deletion.busy}</p> : null}
      <p>{keepsDeleted ? texts().trash.whatGoes : texts().deletion.whatGoes}</p>
    </ConfirmDialog>
  );
}
