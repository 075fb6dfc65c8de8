import { environmentWithDotenv } from '../config/environment.js';
import {
  generateApiKey,
  readSettings,
  SettingsError,
  type Environment,
  type Settings,
} from '../config/settings.js';

/**
 * The settings of a command that uses the database and accepts no requests.
 * @throws {SettingsError}
 */
export function readDatabaseSettings(overrides: Environment = {}): Settings {
  const settings = readSettings({
    ...environmentWithDotenv(),
    ...overrides,
    // Required, but unused: nobody can connect to this process.
    API_SERVER_KEY: generateApiKey(),
  });
  if (settings.DATABASE_URL === '') {
    throw new SettingsError([
      'DATABASE_URL is not set. Set it to a URL such as postgres://user:password@db.example.com:5432/hermes.',
    ]);
  }
  return settings;
}
