import type { CapabilitiesResponse, HermesSessions } from '@hermes-sessions/client';
import { useQuery } from '@tanstack/react-query';
import { useHistory } from './connection.js';
import type { Question } from './question.js';

/** The actions that the signed-in user may perform on this history. */
export interface Permissions {
  readonly canRename: boolean;
  readonly canArchive: boolean;
  readonly canPin: boolean;
  readonly canDelete: boolean;
  /** Whether deleted conversations are kept for a while and can be restored. */
  readonly keepsDeleted: boolean;
  readonly canRestore: boolean;
}

const NONE: Permissions = {
  canRename: false,
  canArchive: false,
  canPin: false,
  canDelete: false,
  keepsDeleted: false,
  canRestore: false,
};

/** The query for the server's capabilities. */
export function capabilitiesQuery(history: HermesSessions): Question<CapabilitiesResponse> {
  return {
    queryKey: ['capabilities'],
    queryFn: ({ signal }) => history.capabilities({ signal }),
  };
}

/** The user's permissions; none until the server has answered. */
export function usePermissions(): Permissions {
  const history = useHistory();
  const { data } = useQuery(capabilitiesQuery(history));
  if (data === undefined) return NONE;
  const { features, auth } = data;
  const canWrite = auth.scopes.includes('sessions:write');
  return {
    canRename: canWrite && features.sessions_rename === true,
    canArchive: canWrite && features.sessions_archive === true,
    canPin: canWrite && features.sessions_pin === true,
    canDelete: auth.scopes.includes('sessions:delete') && features.sessions_delete === true,
    keepsDeleted: features.sessions_trash === true,
    canRestore: canWrite && features.sessions_trash === true,
  };
}
