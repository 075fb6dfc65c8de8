import type { SessionResponse } from '@hermes-sessions/client';
import { useMemo, useSyncExternalStore } from 'react';
import { readView, writeView, type View } from './view.js';

const CHANGED = 'viewchange';

/** The change of a view that closes the open conversation. */
export const CLOSED: Partial<View> = {
  session: '',
  sessionProfile: '',
  sessionOrigin: '',
  message: undefined,
};

type Conversation = Pick<SessionResponse, 'id' | 'profile' | 'origin'>;

/** The change of a view that opens a conversation, at a message where one is named. */
function opened({ id, profile, origin }: Conversation, message?: number): Partial<View> {
  return { page: 'history', session: id, sessionProfile: profile, sessionOrigin: origin ?? '', message };
}

/** Shows a conversation, opened at a message where one is named. */
export function openConversation(conversation: Conversation, message?: number): void {
  show(opened(conversation, message));
}

/** The address of the page with a conversation opened. */
export function addressOfConversation(conversation: Conversation, message?: number): string {
  return addressWith(opened(conversation, message));
}

/** Whether a view has a conversation open. */
export function isOpenIn(view: View, { id, profile, origin }: Conversation): boolean {
  const isThere = view.sessionProfile === '' || profile === view.sessionProfile;
  const isOnHost = view.sessionOrigin === '' || origin === view.sessionOrigin;
  return id === view.session && isThere && isOnHost;
}

/** Closes a conversation, where no other one was opened meanwhile. */
export function closeConversation(conversation: Conversation): void {
  if (isOpenIn(readView(location.search), conversation)) show(CLOSED);
}

/** The view that the address has now, and how it is changed. */
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
 * Shows something else.
 * @param way `replace` where going back should not lead here, as while somebody types.
 */
export function show(change: Partial<View>, way: 'push' | 'replace' = 'push'): void {
  const address = addressWith(change);
  if (address === location.pathname + location.search) return;
  if (way === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  dispatchEvent(new Event(CHANGED));
}

/** The address of the page as it is, but for a change. */
function addressWith(change: Partial<View>): string {
  return location.pathname + writeView({ ...readView(location.search), ...change });
}
