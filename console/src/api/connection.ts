import { HermesSessions, type ClientOptions } from '@hermes-sessions/client';
import { createContext, useContext } from 'react';
import type { Access } from '../sign-in/access.js';
import { freshToken } from './fresh-token.js';
import { ServerWatch } from './server-watch.js';

/** The console's server: the page is in a folder under the server's base path. */
const BASE_URL = new URL('..', new URL('.', location.href)).href;

/** A client for the current access, and the watch over the server's state. */
export interface Connected {
  readonly history: HermesSessions;
  readonly watch: ServerWatch;
}

export function connect(access: Access): Connected {
  const watch: ServerWatch = new ServerWatch((signal) => history.capabilities({ signal }));
  const history: HermesSessions = new HermesSessions({
    baseUrl: BASE_URL,
    ...keyOf(access),
    fetch: (request) => {
      // The server accepts the cookie only with this header: pages of other sites cannot send it.
      request.headers.set('X-Hermes-Sessions-Page', '1');
      return watch.fetch(request);
    },
  });
  return { history, watch };
}

function keyOf(access: Access): Pick<ClientOptions, 'key'> {
  switch (access.kind) {
    case 'key':
      return { key: access.key };
    case 'token':
      return { key: freshToken(access) };
    case 'cookie':
      return {};
  }
}

export const Connection = createContext<HermesSessions | undefined>(undefined);

/** The client for all components behind the sign-in. */
export function useHistory(): HermesSessions {
  const history = useContext(Connection);
  if (history === undefined) throw new Error('Nobody is signed in.');
  return history;
}
