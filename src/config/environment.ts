import dotenv from 'dotenv';
import { readSettings, SettingsError, type Environment, type Settings } from './settings.js';

/** The process's environment, over what a `.env` file in the working folder says. */
export function environmentWithDotenv(): Environment {
  const fromFile: Record<string, string> = {};
  dotenv.config({ quiet: true, processEnv: fromFile });
  return { ...fromFile, ...process.env };
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
