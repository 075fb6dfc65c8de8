import { existsSync } from 'node:fs';
import { environmentWithDotenv } from '../config/environment.js';
import { historyLocation, type Environment } from '../config/settings.js';
import { examineHistory, type Finding } from '../stores/hermes/doctor.js';
import { isSqliteFailure, type SqliteFailure } from '../stores/hermes/file/sqlite-failure.js';
import { checkStateDbFile, StateDbFileError } from '../stores/hermes/file/state-db-file.js';

const SIGNS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  error: 'ERROR  ',
  info: '       ',
};

/**
 * Says what a history file has and what will not work with it, and why. Changes nothing.
 * @param deep also checks every page, which reads the whole file.
 * @returns the exit code: 0 when it can be served, 1 when it cannot.
 */
export async function doctor(overrides: Environment, deep: boolean): Promise<number> {
  const { stateDb, tokenizer, hermesHome } = historyLocation({ ...environmentWithDotenv(), ...overrides });
  try {
    checkStateDbFile(stateDb);
    const findings = await examineHistory({
      stateDb,
      tokenizer: existsSync(tokenizer) ? tokenizer : undefined,
      hermesHome,
      deep,
    });
    process.stdout.write(report(stateDb, findings));
    return findings.some(({ level }) => level === 'error') ? 1 : 0;
  } catch (error) {
    if (!(error instanceof StateDbFileError || isSqliteFailure(error))) throw error;
    process.stderr.write(`${error instanceof StateDbFileError ? error.message : advice(stateDb, error)}\n`);
    return 1;
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
