import { TEST_KEY } from '../../support/test-key.js';

type Json = Readonly<Record<string, unknown>>;

export const BEARER = { authorization: `Bearer ${TEST_KEY}` };
/** With a content type, whether or not there is a body. */
export const JSON_BEARER = { ...BEARER, 'content-type': 'application/json' };
export const TOKEN = { 'x-hermes-session-token': TEST_KEY };

/** What an app sends, and what it reads of the answer. */
export interface Exchange {
  readonly method?: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly status?: number;
  readonly reads: Json;
}

export const ROW = { id: expect.any(String), source: expect.any(String), started_at: expect.any(Number) };
export const LISTED = {
  ...ROW,
  last_active: expect.any(Number),
  message_count: expect.any(Number),
  preview: expect.any(String),
};
export const MESSAGE = { id: expect.any(Number), role: expect.any(String), timestamp: expect.any(Number) };
export const SESSION = { object: 'hermes.session', session: expect.objectContaining({ id: 'plain' }) };
