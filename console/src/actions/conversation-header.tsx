import {
  HermesSessionsError,
  type SessionDetailResponse,
  type UpdateSessionBody,
} from '@hermes-sessions/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { addressOf } from '../api/address.js';
import { useHistory } from '../api/connection.js';
import { usePermissions } from '../api/permissions.js';
import { headingOf } from '../list/conversation-row.js';
import { conversationShown, useKeys } from '../keyboard.js';
import { useChoosing } from './choosing.js';
import { useOfferedCommands } from '../palette/offered-commands.js';
import { Problem } from '../problem.js';
import { CLOSED, closeConversation, show } from '../view/use-view.js';
import { texts } from '../language/language.js';
import { announce } from './notice.js';
import { ConfirmDeletion } from './confirm-deletion.js';
import { ConversationFacts } from '../conversation/conversation-facts.js';
import { ConversationLinks } from '../conversation/conversation-links.js';
import { ExportMenu } from './export-menu.js';
import { lookAt } from '../list/looks.js';
import { identityOf } from '../list/selection.js';
import { restoring, takeBackNow } from './take-back.js';
import { Title } from './title.js';
import { TitleProblem } from './title-problem.js';
import { useChanges } from './use-changes.js';
import { useAction } from './use-action.js';

/** The facts about the open conversation, and the actions on it. */
export function ConversationHeader({
  session,
}: {
  readonly session: SessionDetailResponse;
}): React.JSX.Element {
  const history = useHistory();
  const queries = useQueryClient();
  const permissions = usePermissions();
  const [isAsking, setAsking] = useState(false);
  const address = addressOf(session);
  const readAgain = (): Promise<void> => queries.invalidateQueries();
  const update = useAction({
    mutationFn: (changes: UpdateSessionBody) => history.update(session.id, changes, address),
    onSuccess: readAgain,
  });
  const rename = async (title: string | null): Promise<boolean> => {
    try {
      await update.mutateAsync({ title });
      return true;
    } catch {
      // The reason is shown with the error.
      return false;
    }
  };
  const remove = useAction({
    mutationFn: (isForced: boolean) =>
      history.delete(session.id, {
        ...{ ...address, lineage: true, force: isForced },
        ...(permissions.keepsDeleted ? { trash: true } : {}),
      }),
    onSuccess: async ({ trash_id: trashId }) => {
      const text = texts().actions.past.delete(1);
      const onUndo =
        trashId === undefined || !permissions.canRestore
          ? undefined
          : () => {
              void takeBackNow(restoring(history, [trashId]), readAgain);
            };
      announce(onUndo === undefined ? { text } : { text, onUndo });
      // It may have taken long: a conversation opened meanwhile stays open.
      closeConversation(session);
      await readAgain();
    },
  });
  const { change } = useChanges();
  // An open conversation counts as read.
  useEffect(() => {
    lookAt(session.id);
    return () => {
      lookAt(session.id);
    };
  }, [session.id, session.last_active_at]);
  useEffect(conversationShown, []);
  const pin = (): void => {
    change.mutate({ action: session.pinned ? 'unpin' : 'pin', sessions: [session] });
  };
  const archive = (): void => {
    change.mutate({ action: session.archived ? 'unarchive' : 'archive', sessions: [session] });
  };
  const ask = (): void => {
    setAsking(true);
  };
  // While several conversations are selected, the keys apply to those.
  const isChoosing = useChoosing();
  useKeys(
    {
      ...(permissions.canPin ? { p: pin } : {}),
      ...(permissions.canArchive ? { e: archive } : {}),
      ...(permissions.canDelete ? { '#': ask } : {}),
    },
    !isChoosing,
  );
  const isBusy = remove.error instanceof HermesSessionsError && remove.error.code === 'session_busy';
  const { actions } = texts();
  const pinning = session.pinned ? actions.names.unpin : actions.names.pin;
  const archiving = session.archived ? actions.names.unarchive : actions.names.archive;
  const deleting = isBusy ? actions.deleteAnyway : actions.ask(actions.names.delete);
  useOfferedCommands(
    isChoosing
      ? []
      : [
          ...(permissions.canPin ? [{ name: pinning, run: pin }] : []),
          ...(permissions.canArchive ? [{ name: archiving, run: archive }] : []),
          ...(permissions.canDelete ? [{ name: deleting, run: ask }] : []),
        ],
  );
  return (
    <header className="conversation-header">
      <button
        type="button"
        className="back"
        aria-label={actions.back}
        onClick={() => {
          show(CLOSED);
        }}
      >
        ←
      </button>
      <Title
        of={identityOf(session)}
        title={session.title}
        preview={session.preview}
        fallback={headingOf(session)}
        canRename={permissions.canRename}
        onRename={rename}
        onGiveUp={update.reset}
      />
      <div className="actions">
        {permissions.canPin ? (
          <button type="button" aria-pressed={session.pinned} onClick={pin}>
            {pinning}
          </button>
        ) : null}
        {permissions.canArchive ? (
          <button type="button" onClick={archive}>
            {archiving}
          </button>
        ) : null}
        <ConversationLinks session={session} />
        <ExportMenu session={session} address={address} />
        {permissions.canDelete ? (
          <button type="button" className="danger" onClick={ask}>
            {deleting}
          </button>
        ) : null}
      </div>
      <ConversationFacts session={session} />
      {update.error === null ? null : (
        <TitleProblem error={update.error} title={update.variables.title ?? ''} />
      )}
      {[remove.error, change.error].map((error, at) =>
        error === null ? null : <Problem key={at} error={error} />,
      )}
      {change.data?.refusals.map((refusal) => (
        <p key={refusal} role="alert" className="problem">
          {refusal}
        </p>
      ))}
      <ConfirmDeletion
        isOpen={isAsking}
        sessions={[session]}
        isBusy={isBusy}
        onAnswer={(isMeant) => {
          setAsking(false);
          if (isMeant) remove.mutate(isBusy);
        }}
      />
    </header>
  );
}
