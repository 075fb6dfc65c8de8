import { isRecord } from '../text/json.js';

/** Whether a message subscribes to changes. */
export function isListening(message: unknown): boolean {
  return isRecord(message) && message.method === 'subscriptions/listen';
}

/** The addresses that a message subscribes to. */
export function subscribedUris(message: unknown): readonly string[] {
  if (!isRecord(message) || !isListening(message) || !isRecord(message.params)) return [];
  const { notifications } = message.params;
  const uris = isRecord(notifications) ? notifications.resourceSubscriptions : undefined;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : [];
}
