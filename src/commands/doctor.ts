import { existsSync } from 'node:fs';
import { environmentWithDotenv } from '../config/environment.js';
import { KeyFileError } from '../auth/key-file-error.js';
import { readKeyFile } from '../auth/key-file.js';
import { historyLocation, keysFile, SettingsError, type Environment } from '../config/settings.js';
import { examineHistory, type Finding } from '../stores/hermes/doctor.js';
import { isSqliteFailure, type SqliteFailure } from '../stores/hermes/file/sqlite-failure.js';
import { checkStateDbFile, StateDbFileError } from '../stores/hermes/file/state-db-file.js';
import { readDatabaseSettings } from './database-settings.js';
import { examineShipping } from './doctor-database.js';

const SIGNS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  error: 'ERROR  ',
  info: '       ',
};

/**
 * Says what a history file has and what will not work with it, and why; whether the file of keys can be used; and with DATABASE_URL how
 * far the history has been sent there. Changes nothing.
 * @param deep also checks every page, which reads the whole file.
 * @returns the exit code: 0 when all of it can be served, 1 when it cannot.
 */
export async function doctor(overrides: Environment, deep: boolean): Promise<number> {
  const environment = { ...environmentWithDotenv(), ...overrides };
  const { stateDb, tokenizer, hermesHome } = historyLocation(environment);
  const keys = examineKeys(keysFile(environment));
  try {
    checkStateDbFile(stateDb);
    const history = await examineHistory({
      stateDb,
      tokenizer: existsSync(tokenizer) ? tokenizer : undefined,
      hermesHome,
      deep,
    });
    const hasDatabase = (environment.DATABASE_URL ?? '') !== '';
    const shipping = hasDatabase ? await examineShipping(readDatabaseSettings(overrides)) : [];
    const findings = [...history, keys, ...shipping];
    process.stdout.write(report(stateDb, findings));
    return findings.some(({ level }) => level === 'error') ? 1 : 0;
  } catch (error) {
    const isExpected = error instanceof StateDbFileError || error instanceof SettingsError;
    if (!isExpected && !isSqliteFailure(error)) throw error;
    process.stderr.write(`${isExpected ? error.message : advice(stateDb, error)}\n`);
    if (keys.level === 'error') process.stderr.write(`${keys.text}\n`);
    return 1;
  }
}

function examineKeys(path: string): Finding {
  try {
    const { length } = readKeyFile(path);
    return {
      level: length === 0 ? 'info' : 'ok',
      text: `Keys beside API_SERVER_KEY: ${length}, in ${path}.`,
    };
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    return { level: 'error', text: `No key of the keys file is accepted: ${error.message}` };
  }
}

function report(stateDb: string, findings: readonly Finding[]): string {
  const warnings = findings.filter(({ level }) => level === 'warning' || level === 'error').length;
  return [
    `${stateDb}\n`,
    ...findings.map(({ level, text }) => `${SIGNS[level]}  ${text}`),
    `\n${warnings === 0 ? 'Everything works on this history.' : `${warnings} thing(s) need attention.`}\n`,
  ].join('\n');
}

function advice(stateDb: string, { code, message }: SqliteFailure): string {
  return code.startsWith('SQLITE_CORRUPT')
    ? `${stateDb} is damaged (${message}). Stop Hermes, then restore a backup or salvage it: sqlite3 damaged.db .recover | sqlite3 state.db`
    : `${stateDb} cannot be read (${code}): ${message}.`;
}
