import {
  databaseOf,
  SettingsError,
  type DatabaseLocation,
  type Environment,
  type Settings,
} from '../config/settings.js';
import { TIME_LIMIT } from '../stores/postgres/connection/migrations.js';
import { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import { hostAddress } from '../stores/postgres/hosts/host-address.js';
import {
  addHost,
  listHosts,
  removeHost,
  removeProfile,
  type KnownHost,
} from '../stores/postgres/hosts/host-roles.js';
import { readDatabaseSettings } from './database-settings.js';
import { exitCodeOf } from './exit-code.js';
import { tableOf } from './table.js';

/** The fate of a host's history, from the command line. */
export interface RemovalOptions {
  readonly keepHistory?: boolean;
  readonly deleteHistory?: boolean;
  /** The profile to remove, if the host itself stays. */
  readonly profile?: string;
}

/** Creates a role for a host and prints its DATABASE_URL once. @returns the exit code. */
export function addHostCommand(name: string): Promise<number> {
  return withDatabase(
    async (connection, settings) => {
      const credentials = await addHost(connection, settings.ORIGIN);
      const address = hostAddress(settings.DATABASE_URL, credentials);
      process.stdout.write(`export ORIGIN=${JSON.stringify(name)} DATABASE_URL=${JSON.stringify(address)}\n`);
      process.stderr.write(
        `The password of ${name} will not be shown again. Use it for \`hermes-sessions ship\` on that host; it gives access only to the history of that host.\n`,
      );
    },
    { ORIGIN: name },
  );
}

/** Lists all hosts. @returns the exit code. */
export function listHostsCommand(): Promise<number> {
  return withDatabase(async (connection) => {
    const rows = (await listHosts(connection)).map(rowOf);
    process.stdout.write(tableOf([['HOST', 'ROLE', 'PROFILES', 'SESSIONS', 'LAST SEEN'], ...rows]));
  });
}

/** Removes a host, or one of its profiles, and keeps or deletes its history. @returns the exit code. */
export function removeHostCommand(
  name: string,
  { keepHistory = false, deleteHistory = false, profile }: RemovalOptions,
): Promise<number> {
  return withDatabase(
    async (connection) => {
      const what = profile === undefined ? name : `${profile} of ${name}`;
      if (keepHistory === deleteHistory) {
        throw new SettingsError([
          `Choose what happens to the history of ${what}: --keep-history or --delete-history.`,
        ]);
      }
      const fate = deleteHistory ? 'delete' : 'keep';
      const removed = await (profile === undefined
        ? removeHost(connection, name, fate)
        : removeProfile(connection, { origin: name, profile }, fate));
      if (removed === null)
        throw new SettingsError([`There is no ${profile === undefined ? 'host' : 'profile'} ${what}.`]);
      process.stdout.write(
        `Removed ${what} and ${deleteHistory ? 'deleted' : 'kept'} its ${String(removed.sessions)} sessions.\n`,
      );
    },
    {},
    // Deleting a large history exceeds the time limit of a request.
    { timeLimit: TIME_LIMIT },
  );
}

function rowOf({ origin, role, profiles, sessions, seenSeconds }: KnownHost): readonly string[] {
  const seen = seenSeconds === null ? 'never, or retired' : `${String(Math.round(seenSeconds))} s ago`;
  const usual = seenSeconds === null ? '(none)' : '(shared, sees all hosts)';
  return [origin, role ?? usual, profiles.join(',') || '-', String(sessions), seen];
}

function withDatabase(
  work: (connection: PostgresConnection, settings: Settings) => Promise<void>,
  overrides: Environment = {},
  limits: Partial<Pick<DatabaseLocation, 'timeLimit'>> = {},
): Promise<number> {
  return exitCodeOf(async () => {
    const settings = readDatabaseSettings(overrides);
    const connection = new PostgresConnection({ ...databaseOf(settings), ...limits, replicaUrls: [] });
    try {
      await work(connection, settings);
    } finally {
      await connection.close();
    }
  });
}
