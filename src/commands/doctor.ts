import { existsSync } from 'node:fs';
import { environmentWithDotenv } from '../config/environment.js';
import { KeyFileError } from '../auth/key-file-error.js';
import { readKeyFile } from '../auth/key-file.js';
import {
  historyLocation,
  keysFile,
  profilesSetting,
  SettingsError,
  trashFolder,
  type Environment,
  type HistoryLocation,
} from '../config/settings.js';
import { examineHistory, type Finding } from '../stores/hermes/doctor.js';
import { isSqliteFailure, type SqliteFailure } from '../stores/hermes/file/sqlite-failure.js';
import { checkStateDbFile, StateDbFileError } from '../stores/hermes/file/state-db-file.js';
import { examineIndexFolder } from '../stores/hermes/index/index-examination.js';
import { findProfiles, ProfileFolderError } from '../stores/hermes/profiles/profile-folders.js';
import { examineTrash } from '../trash/trash-examination.js';
import { readDatabaseSettings } from './database-settings.js';
import { examineShipping } from './doctor-database.js';

const SIGNS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  error: 'ERROR  ',
  info: '       ',
};

/**
 * Reports what each history file has, and what will not work with it and why; whether the key file, the index folder and the trash are usable; and
 * with DATABASE_URL how far the history was shipped. Changes nothing.
 * @param deep also checks every page, which reads the whole file.
 * @returns the exit code: 0 if everything can be served, 1 if not.
 */
export async function doctor(overrides: Environment, deep: boolean): Promise<number> {
  const environment = { ...environmentWithDotenv(), ...overrides };
  const main = historyLocation(environment);
  const keys = examineKeys(keysFile(environment));
  const mainIsFine = await reportOn(main, deep, async () => {
    const hasDatabase = (environment.DATABASE_URL ?? '') !== '';
    const folders = hasDatabase
      ? []
      : [...examineIndexFolder(main.indexFolder), ...examineTrash(trashFolder(environment), main.hermesHome)];
    return [keys, ...folders, ...(hasDatabase ? await examineShipping(readDatabaseSettings(overrides)) : [])];
  });
  if (!mainIsFine && keys.level === 'error') process.stderr.write(`${keys.text}\n`);
  const othersAreFine = profilesSetting(environment) !== 'on' || (await reportOnProfiles(main, deep));
  return mainIsFine && othersAreFine ? 0 : 1;
}

/** As {@link reportOn}, for each profile beside a history. */
async function reportOnProfiles(main: HistoryLocation, deep: boolean): Promise<boolean> {
  try {
    let areFine = true;
    for (const profile of findProfiles(main).values()) areFine = (await reportOn(profile, deep)) && areFine;
    return areFine;
  } catch (error) {
    if (!(error instanceof ProfileFolderError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return false;
  }
}

/**
 * Examines a history and prints the findings.
 * @param more further findings to print with them.
 * @returns whether it can be served.
 */
async function reportOn(
  { stateDb, tokenizer, hermesHome }: HistoryLocation,
  deep: boolean,
  more: () => Promise<readonly Finding[]> = () => Promise.resolve([]),
): Promise<boolean> {
  try {
    checkStateDbFile(stateDb);
    const history = await examineHistory({
      stateDb,
      tokenizer: existsSync(tokenizer) ? tokenizer : undefined,
      hermesHome,
      deep,
    });
    const findings = [...history, ...(await more())];
    process.stdout.write(report(stateDb, findings));
    return !findings.some(({ level }) => level === 'error');
  } catch (error) {
    const isExpected = error instanceof StateDbFileError || error instanceof SettingsError;
    if (!isExpected && !isSqliteFailure(error)) throw error;
    process.stderr.write(`${isExpected ? error.message : advice(stateDb, error)}\n`);
    return false;
  }
}

function examineKeys(path: string): Finding {
  try {
    const { length } = readKeyFile(path);
    return {
      level: length === 0 ? 'info' : 'ok',
      text: `Keys in addition to API_SERVER_KEY: ${length}, in ${path}.`,
    };
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    return { level: 'error', text: `No key in the keys file is accepted: ${error.message}` };
  }
}

function report(stateDb: string, findings: readonly Finding[]): string {
  const warnings = findings.filter(({ level }) => level === 'warning' || level === 'error').length;
  return [
    `${stateDb}\n`,
    ...findings.map(({ level, text }) => `${SIGNS[level]}  ${text}`),
    `\n${warnings === 0 ? 'Everything works with this history.' : `${warnings} thing(s) need attention.`}\n`,
  ].join('\n');
}

function advice(stateDb: string, { code, message }: SqliteFailure): string {
  return code.startsWith('SQLITE_CORRUPT')
    ? `${stateDb} is damaged (${message}). Stop Hermes, then restore a backup or salvage it: sqlite3 damaged.db .recover | sqlite3 state.db`
    : `${stateDb} cannot be read (${code}): ${message}.`;
}
