import { readFileSync } from 'node:fs';
import dotenv from 'dotenv';
import { errorCode } from './error-code.js';
import { readSettings, SettingsError, type Environment, type Settings } from './settings.js';

/**
 * The process's environment, which overrides the `.env` file in the working folder.
 * @throws {SettingsError} if that file exists but cannot be read, or if the working folder is gone.
 */
export function environmentWithDotenv(): Environment {
  return { ...readDotenv(), ...process.env };
}

function readDotenv(): Environment {
  try {
    // Some dependencies call it while they load.
    process.cwd();
  } catch (error) {
    throw new SettingsError([
      `The folder that this was started in is gone, or cannot be entered: start it in another one. (${String(error)})`,
    ]);
  }
  try {
    return dotenv.parse(readFileSync('.env', 'utf8'));
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    // A folder of a Python environment may have this name.
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return {};
    throw new SettingsError([
      `.env in the working folder cannot be read (${code}): what it sets is not known.`,
    ]);
  }
}

/**
 * The key for a remote server. It comes from the environment only, since everybody on a machine can read command lines.
 * @throws {SettingsError} if it is missing.
 */
export function remoteKey(): string {
  const { HERMES_SESSIONS_KEY: key = '' } = environmentWithDotenv();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new SettingsError(['HERMES_SESSIONS_KEY must be set to a key of the server that --url names.']);
}

/**
 * The settings of this process.
 * @throws {SettingsError} that lists every problem at once.
 */
export function settingsFromEnvironment(overrides: Environment = {}): Settings {
  return readSettings({ ...environmentWithDotenv(), ...overrides });
}
