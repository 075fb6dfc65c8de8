import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { hour } from './histories.js';
import { temporaryFolder } from './server.js';

/** Creates a profile's folder with a history of these sessions, each with the hour of its start. */
export function writeProfile(folder: string, sessions: Readonly<Record<string, number>>): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'state.db');
  const writer = HistoryWriter.create(path, 25);
  writer.together(() => {
    for (const [id, at] of Object.entries(sessions)) addConversation(writer, id, at);
  });
  writer.close();
  return path;
}

/** Adds a conversation with the hour of its start. */
export function addConversation(writer: HistoryWriter, id: string, at: number): void {
  writer.addSession({
    id,
    source: 'cli',
    title: `Title of ${id}`,
    started_at: hour(at),
    ended_at: hour(at) + 60,
  });
  writer.addMessage({ session_id: id, role: 'user', content: `Rhubarb for ${id}`, timestamp: hour(at) });
}

/** Creates three profiles whose conversations alternate. `twin` is in two of them, identical in everything. */
export function writeHome(): string {
  const home = temporaryFolder();
  writeProfile(home, { d1: 1, d4: 4, d7: 7, twin: 10 });
  writeProfile(join(home, 'profiles', 'coder'), { c2: 2, c5: 5, c8: 8, twin: 10 });
  writeProfile(join(home, 'profiles', 'writer'), { w3: 3, w6: 6, w9: 9 });
  return home;
}

/** Its conversations in list order. */
export const NEWEST_FIRST = ['twin', 'twin', 'w9', 'c8', 'd7', 'w6', 'c5', 'd4', 'w3', 'c2', 'd1'];
