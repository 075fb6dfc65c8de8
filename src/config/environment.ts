import dotenv from 'dotenv';
import { readSettings, type Environment, type Settings } from './settings.js';

/** The process's environment, over what a `.env` file in the working folder says. */
export function environmentWithDotenv(): Environment {
  const fromFile: Record<string, string> = {};
  dotenv.config({ quiet: true, processEnv: fromFile });
  return { ...fromFile, ...process.env };
}

/**
 * The settings of this process.
 * @throws {SettingsError} that lists every problem at once.
 */
export function settingsFromEnvironment(overrides: Environment = {}): Settings {
  return readSettings({ ...environmentWithDotenv(), ...overrides });
}
