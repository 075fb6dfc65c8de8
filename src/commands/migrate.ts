import { databaseOf, SettingsError } from '../config/settings.js';
import { DomainError } from '../domain/errors.js';
import { migrate } from '../stores/postgres/connection/migrations.js';
import { toStoreError } from '../stores/postgres/connection/postgres-failure.js';
import { readDatabaseSettings } from './database-settings.js';

/** Brings a database to the layout of this version. @returns the exit code. */
export async function migrateCommand(): Promise<number> {
  try {
    const done = await migrate(databaseOf(readDatabaseSettings()));
    const what = done.length === 0 ? 'is up to date' : `was prepared: ${done.join(', ')}`;
    process.stdout.write(`The database ${what}.\n`);
    return 0;
  } catch (error) {
    const failure = toStoreError(error);
    if (!(failure instanceof DomainError || failure instanceof SettingsError)) throw error;
    process.stderr.write(`${failure.message}\n`);
    return 1;
  }
}
