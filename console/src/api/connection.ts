import { HermesSessions } from '@hermes-sessions/client';
import { createContext, useContext } from 'react';

/** Where the key is kept: for this tab alone, and gone with it. */
const KEY = 'hermes-sessions-key';

/** The server whose console this is: the page lies in a folder of its own under the server's base path. */
const BASE_URL = new URL('..', new URL('.', location.href)).href;

/** A client with a key. */
export function connect(key: string): HermesSessions {
  return new HermesSessions({ baseUrl: BASE_URL, key });
}

export function keptKey(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

export function keepKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, key);
}

export const Connection = createContext<HermesSessions | undefined>(undefined);

/** The client that everything below the sign-in uses. */
export function useHistory(): HermesSessions {
  const history = useContext(Connection);
  if (history === undefined) throw new Error('Nobody is signed in.');
  return history;
}
