import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryLocation } from '../../../config/settings.js';
import { refusalOf, whyOutOfReach } from '../file/reach.js';
import { fileIdentity } from '../file/state-db-file.js';

/** Names that Hermes gives to profiles (`hermes_cli/profiles.py`): excludes the file system's `lost+found`, which only root can enter. */
const PROFILE_NAME = /^[a-z0-9][a-z0-9_-]*$/;

/** Why the list of profiles cannot be read, in one sentence for the owner of the folder. */
export class ProfileFolderError extends Error {
  override readonly name = 'ProfileFolderError';
}

/**
 * The folders of Hermes's profiles that have a history, by name, in name order. A folder that cannot be entered is included: callers then learn that
 * it cannot be read, instead of that there is nothing.
 * @param main Hermes's own folder, which is not one of these profiles.
 * @throws {ProfileFolderError} if the folder of the profiles cannot be read.
 */
export function findProfiles(main: HistoryLocation): ReadonlyMap<string, HistoryLocation> {
  const folder = join(main.hermesHome, 'profiles');
  const locations = namesIn(folder).map((name) => [name, locate(join(folder, name), main)] as const);
  return new Map(locations.filter(([name, { stateDb }]) => mayHaveHistory(name, stateDb)));
}

/** The tokenizer runs inside this process: only the configured one is loaded, whatever a profile's folder contains. */
function locate(
  hermesHome: string,
  { tokenizer, sqliteNode, indexFolder }: HistoryLocation,
): HistoryLocation {
  return { stateDb: join(hermesHome, 'state.db'), hermesHome, tokenizer, sqliteNode, indexFolder };
}

function mayHaveHistory(name: string, stateDb: string): boolean {
  if (fileIdentity(stateDb) !== undefined) return true;
  return PROFILE_NAME.test(name) && whyOutOfReach(stateDb) !== undefined;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch (error) {
    const code = refusalOf(error);
    // The folder does not exist before the first profile is created.
    if (code === undefined) return [];
    throw new ProfileFolderError(
      `${folder} cannot be read (${code}): which profiles there are is not known.`,
      { cause: error },
    );
  }
}
