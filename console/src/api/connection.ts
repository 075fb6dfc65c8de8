import { HermesSessions, type ClientOptions } from '@hermes-sessions/client';
import { createContext, useContext } from 'react';
import type { Access } from '../sign-in/access.js';
import { freshToken } from './fresh-token.js';
import { ServerWatch } from './server-watch.js';

/** The server whose console this is: the page lies in a folder of its own under the server's base path. */
const BASE_URL = new URL('..', new URL('.', location.href)).href;

/** A client for whoever is let in, and what notices how the server is met. */
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
      // Without it a cookie lets nobody in: it says that a page of the server asks, and no other page can send it.
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

/** The client that everything below the sign-in uses. */
export function useHistory(): HermesSessions {
  const history = useContext(Connection);
  if (history === undefined) throw new Error('Nobody is signed in.');
  return history;
}
