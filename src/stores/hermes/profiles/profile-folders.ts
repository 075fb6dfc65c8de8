import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryLocation } from '../../../config/settings.js';
import { fileIdentity } from '../file/state-db-file.js';

/**
 * The folders of Hermes's profiles that have a history, by the names of the profiles, in their order.
 * @param main Hermes's own folder, which is no profile of these.
 */
export function findProfiles(main: HistoryLocation): ReadonlyMap<string, HistoryLocation> {
  const folder = join(main.hermesHome, 'profiles');
  const locations = namesIn(folder).map((name) => [name, locate(join(folder, name), main)] as const);
  return new Map(locations.filter(([, { stateDb }]) => fileIdentity(stateDb) !== undefined));
}

/** The tokenizer runs as a part of this process: only the one that was configured does, whatever lies in a profile's folder. */
function locate(
  hermesHome: string,
  { tokenizer, sqliteNode, indexFolder }: HistoryLocation,
): HistoryLocation {
  return { stateDb: join(hermesHome, 'state.db'), hermesHome, tokenizer, sqliteNode, indexFolder };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    // There is no such folder before the first profile is made.
    return [];
  }
}
