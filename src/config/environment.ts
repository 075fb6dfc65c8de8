import { readFileSync } from 'node:fs';
import dotenv from 'dotenv';
import { errorCode } from './error-code.js';
import { readSettings, SettingsError, type Environment, type Settings } from './settings.js';

/**
 * The process's environment, over what a `.env` file in the working folder says.
 * @throws {SettingsError} where there is such a file and it cannot be read, or no such folder any more.
 */
export function environmentWithDotenv(): Environment {
  return { ...readDotenv(), ...process.env };
}

function readDotenv(): Environment {
  try {
    // Parts of this program ask for it while they are loaded.
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
    // Some call the folder of a Python environment so.
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return {};
    throw new SettingsError([
      `.env in the working folder cannot be read (${code}): what it sets is not known.`,
    ]);
  }
}

/**
 * The key for a server elsewhere. It comes from the environment alone: everybody on a machine can read command lines.
 * @throws {SettingsError} where there is none.
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
