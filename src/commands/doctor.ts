import { existsSync } from 'node:fs';
import { environmentWithDotenv } from '../config/environment.js';
import { historyLocation, type Environment } from '../config/settings.js';
import { examineHistory, type Finding } from '../stores/hermes/doctor.js';
import { checkStateDbFile, StateDbFileError } from '../stores/hermes/file/state-db-file.js';

const SIGNS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  info: '       ',
};

/**
 * Says what a history file has and what will not work with it, and why. Changes nothing.
 * @returns the exit code: 0 when it can be served, 1 when it cannot.
 */
export function doctor(overrides: Environment): number {
  const { stateDb, tokenizer } = historyLocation({ ...environmentWithDotenv(), ...overrides });
  try {
    checkStateDbFile(stateDb);
  } catch (error) {
    if (!(error instanceof StateDbFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  const findings = examineHistory(stateDb, existsSync(tokenizer) ? tokenizer : undefined);
  process.stdout.write(`${stateDb}\n\n`);
  for (const { level, text } of findings) process.stdout.write(`${SIGNS[level]}  ${text}\n`);
  const warnings = findings.filter((finding) => finding.level === 'warning').length;
  process.stdout.write(
    `\n${warnings === 0 ? 'Everything works on this history.' : `${warnings} thing(s) need attention.`}\n`,
  );
  return 0;
}
