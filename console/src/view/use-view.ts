import type { SessionResponse } from '@hermes-sessions/client';
import { useMemo, useSyncExternalStore } from 'react';
import { readView, writeView, type View } from './view.js';

const CHANGED = 'viewchange';

/** The view change that closes the open conversation. */
export const CLOSED: Partial<View> = {
  session: '',
  sessionProfile: '',
  sessionOrigin: '',
  message: undefined,
};

type Conversation = Pick<SessionResponse, 'id' | 'profile' | 'origin'>;

/** The view change that opens a conversation, optionally at a message. */
function opened({ id, profile, origin }: Conversation, message?: number): Partial<View> {
  return { page: 'history', session: id, sessionProfile: profile, sessionOrigin: origin ?? '', message };
}

/** Opens a conversation, optionally at a message. */
export function openConversation(conversation: Conversation, message?: number): void {
  show(opened(conversation, message));
}

/** The page's address with a conversation opened. */
export function addressOfConversation(conversation: Conversation, message?: number): string {
  return addressWith(opened(conversation, message));
}

/** Whether a conversation is open in a view. */
export function isOpenIn(view: View, { id, profile, origin }: Conversation): boolean {
  const isThere = view.sessionProfile === '' || profile === view.sessionProfile;
  const isOnHost = view.sessionOrigin === '' || origin === view.sessionOrigin;
  return id === view.session && isThere && isOnHost;
}

/** Closes a conversation, unless another one was opened meanwhile. */
export function closeConversation(conversation: Conversation): void {
  if (isOpenIn(readView(location.search), conversation)) show(CLOSED);
}

/** The view in the page's address, kept up to date. */
export function useView(): View {
  const query = useSyncExternalStore(
    (onChange) => {
      for (const event of ['popstate', CHANGED]) addEventListener(event, onChange);
      return () => {
        for (const event of ['popstate', CHANGED]) removeEventListener(event, onChange);
      };
    },
    () => location.search,
  );
  return useMemo(() => readView(query), [query]);
}

/**
 * Changes the view.
 * @param way `replace` adds no history entry, for example while the user is typing.
 */
export function show(change: Partial<View>, way: 'push' | 'replace' = 'push'): void {
  const address = addressWith(change);
  if (address === location.pathname + location.search) return;
  if (way === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  dispatchEvent(new Event(CHANGED));
}

/** The page's address with a changed view. */
function addressWith(change: Partial<View>): string {
  return location.pathname + writeView({ ...readView(location.search), ...change });
}
