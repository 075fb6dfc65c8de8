import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { createKey, writeKeyFile, type KeyRequest } from '../../src/auth/key-file.js';
import { hour } from './histories.js';
import { temporaryFolder } from './server.js';

/** A word in every text of Bo, and in none of Ana's. */
export const BO = 'zebra';

/**
 * A history of two people on one platform, one of them also on another. Sessions of Bo continue, branch from or work for conversations of Ana, and
 * vice versa. Every text of Bo contains {@link BO}.
 */
export function historyOfTwo(): string {
  const path = join(temporaryFolder(), 'state.db');
  const writer = HistoryWriter.create(path, 25);
  const add = (
    id: string,
    user: string | null,
    at: number,
    more: Readonly<Record<string, string>> = {},
  ): void => {
    const secret = user === 'bo' ? BO : 'plain';
    writer.addSession({
      id,
      source: 'telegram',
      user_id: user,
      model: `${secret}-model`,
      title: `${secret} title of ${id}`,
      started_at: hour(at),
      ended_at: hour(at) + 60,
      input_tokens: user === 'bo' ? 7_000_000 : 10,
      ...more,
    });
    for (const role of ['user', 'assistant']) {
      writer.addMessage({
        session_id: id,
        role,
        content: `Apples and ${secret} things, said by the ${role}`,
        timestamp: hour(at) + 1,
      });
    }
  };
  add('ana-1', 'ana', 1);
  add('ana-2', 'ana', 2, { source: 'cli' });
  add('ana-3', 'ana', 3, { end_reason: 'compression' });
  add('zebra-1', 'bo', 4);
  add('zebra-2', 'bo', 5, { end_reason: 'compression' });
  add('ana-4', 'ana', 6, { parent_session_id: 'zebra-1', model_config: '{"_branched_from": "zebra-1"}' });
  add('zebra-3', 'bo', 7, { parent_session_id: 'ana-1', model_config: '{"_branched_from": "ana-1"}' });
  // A chain with both users: the agent was handed over.
  add('zebra-4', 'bo', 8, { parent_session_id: 'ana-3' });
  add('ana-5', 'ana', 9, { parent_session_id: 'zebra-2' });
  add('nobody', null, 10);
  writer.close();
  return path;
}

/** A key file with one key. */
export function keyFileWith(request: Partial<KeyRequest>): { readonly path: string; readonly token: string } {
  const path = join(temporaryFolder(), 'keys.json');
  const { record, token } = createKey({ name: 'test', scopes: ['sessions:read'], ...request }, new Date());
  writeKeyFile(path, [record]);
  return { path, token };
}
