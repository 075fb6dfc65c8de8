import type { SessionDetailResponse } from '@hermes-sessions/client';
import { CopyButton } from './code/copy-button.js';
import { resumeCommand } from '../../../src/text/resume-command.js';
import { linkTo } from './link.js';
import { texts } from '../language/language.js';

/** Copies the link of the open conversation, or the terminal command that resumes it. */
export function ConversationLinks({
  session,
}: {
  readonly session: SessionDetailResponse;
}): React.JSX.Element {
  return (
    <>
      <CopyButton text={() => linkTo(session)} label={texts().reading.copyLink} isOffered />
      <CopyButton
        text={() => resumeCommand({ id: session.tip_session_id, profile: session.profile })}
        label={texts().reading.resume}
        isOffered
      />
    </>
  );
}
