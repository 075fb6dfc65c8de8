import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryLocation } from '../../../config/settings.js';
import { refusalOf, whyOutOfReach } from '../file/reach.js';
import { fileIdentity } from '../file/state-db-file.js';

/** Names that Hermes gives (`hermes_cli/profiles.py`): a `lost+found` of the file system, which only root enters, is none. */
const PROFILE_NAME = /^[a-z0-9][a-z0-9_-]*$/;

/** It cannot be told which profiles there are, in one sentence for the owner of the folder. */
export class ProfileFolderError extends Error {
  override readonly name = 'ProfileFolderError';
}

/**
 * The folders of Hermes's profiles that have a history, by the names of the profiles, in their order. One that cannot be entered is taken for
 * one of them: whoever asks is then told that it cannot be read, instead of that there is nothing.
 * @param main Hermes's own folder, which is no profile of these.
 * @throws {ProfileFolderError} where the folder that they lie in cannot be read.
 */
export function findProfiles(main: HistoryLocation): ReadonlyMap<string, HistoryLocation> {
  const folder = join(main.hermesHome, 'profiles');
  const locations = namesIn(folder).map((name) => [name, locate(join(folder, name), main)] as const);
  return new Map(locations.filter(([name, { stateDb }]) => mayHaveHistory(name, stateDb)));
}

/** The tokenizer runs as a part of this process: only the one that was configured does, whatever lies in a profile's folder. */
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
    // There is no such folder before the first profile is made.
    if (code === undefined) return [];
    throw new ProfileFolderError(
      `${folder} cannot be read (${code}): which profiles there are is not known.`,
      { cause: error },
    );
  }
}
