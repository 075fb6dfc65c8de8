import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Settings } from '../config/settings.js';

export const PUBLIC_ROUTE = 'hermes-sessions:public-route';

/** Whether a route answers without a key, by the settings. */
export type PublicRule = (settings: Settings) => boolean;

/** Marks a route that answers without a key; always, or where the settings say so. */
export function Public(rule: PublicRule = () => true): CustomDecorator {
  return SetMetadata(PUBLIC_ROUTE, rule);
}
