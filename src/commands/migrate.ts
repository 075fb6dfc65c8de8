import { databaseOf } from '../config/settings.js';
import { migrate } from '../stores/postgres/connection/migrations.js';
import { readDatabaseSettings } from './database-settings.js';
import { exitCodeOf } from './exit-code.js';

/** Migrates a database to the layout of this version. @returns the exit code. */
export function migrateCommand(): Promise<number> {
  return exitCodeOf(async () => {
    const done = await migrate(databaseOf(readDatabaseSettings()), {
      tell: (what) => process.stderr.write(`${what}\n`),
    });
    const what = done.length === 0 ? 'is up to date' : `was prepared: ${done.join(', ')}`;
    process.stdout.write(`The database ${what}.\n`);
  });
}
