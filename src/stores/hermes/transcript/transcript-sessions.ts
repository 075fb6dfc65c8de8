import { DomainError } from '../../../domain/errors.js';
import { chainThrough } from '../../../sessions/lineage/lineage.js';
import { visibleTo } from '../../../sessions/lineage/visible-lineage.js';
import type { SessionAccess } from '../../../domain/access.js';
import type { TranscriptSelection } from '../../../sessions/session-query.js';
import type { OpenHistory } from '../file/hermes-connection.js';

/**
 * The sessions whose messages make up the transcript of a session, oldest first.
 * @throws {DomainError} `session_not_found`
 */
export function transcriptSessions(
  history: OpenHistory,
  id: string,
  { lineage: isWhole }: Pick<TranscriptSelection, 'lineage'>,
  access: SessionAccess,
): readonly string[] {
  const lineage = visibleTo(access, history.lineage.now());
  const node = lineage.node(id);
  if (node === undefined) throw new DomainError('session_not_found');
  return isWhole ? chainThrough(lineage, node).map((member) => member.id) : [node.id];
}
