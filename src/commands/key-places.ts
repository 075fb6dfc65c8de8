import { checkKeyRecord, readKeyFile, writeKeyFile, type KeyRecord } from '../auth/key-file.js';
import { KeyFileError } from '../auth/key-file-error.js';
import { readKeyUses } from '../auth/key-uses.js';
import { preparePrivate } from '../auth/private-file.js';
import { environmentWithDotenv } from '../config/environment.js';
import { databaseOf, keysFile } from '../config/settings.js';
import { whileLocked } from '../stores/hermes/file/file-lock.js';
import { PostgresConnection } from '../stores/postgres/connection/postgres-connection.js';
import { StoredKeys, type UsedKey } from '../stores/postgres/keys/stored-keys.js';
import { readDatabaseSettings } from './database-settings.js';

/** A key and its last use in RFC 3339; undefined if it was never used. */
export interface ListedKey {
  readonly record: KeyRecord;
  readonly lastUsed: string | undefined;
}

/** A place where keys are stored. */
export interface KeyPlace {
  /** The name in a list of keys. */
  readonly name: string;
  list(): Promise<readonly ListedKey[]>;
  /** @returns whether the name was free. */
  add(record: KeyRecord): Promise<boolean>;
  /** @returns whether a key of that name existed. */
  remove(name: string): Promise<boolean>;
}

/** The places that a command changes (a new key goes into the first one), and those that it only reads. */
export interface KeyPlaces {
  readonly places: readonly [KeyPlace, ...KeyPlace[]];
  readonly left: readonly Pick<KeyPlace, 'name' | 'list'>[];
}

/**
 * Opens the places that the environment names: the shared database, if there is one, before this host's file.
 * @param isFileAlone leaves the database unchanged.
 */
export async function withKeyPlaces(
  isFileAlone: boolean,
  work: (places: KeyPlaces) => Promise<void>,
): Promise<void> {
  const environment = environmentWithDotenv();
  const file = inFile(keysFile(environment));
  if ((environment.DATABASE_URL ?? '') === '') return work({ places: [file], left: [] });
  const connection = new PostgresConnection({ ...databaseOf(readDatabaseSettings()), replicaUrls: [] });
  const database = inDatabase(new StoredKeys(connection));
  try {
    await work(isFileAlone ? { places: [file], left: [database] } : { places: [database, file], left: [] });
  } finally {
    await connection.close();
  }
}

function inFile(path: string): KeyPlace {
  /** Reads and writes under a lock, so that concurrent commands do not undo each other's changes. */
  const change = (toOther: (keys: readonly KeyRecord[]) => readonly KeyRecord[]): boolean =>
    whileLocked(`${preparePrivate(path)}.lock`, () => {
      const keys = readKeyFile(path);
      const others = toOther(keys);
      if (others.length !== keys.length) writeKeyFile(path, others);
      return others.length !== keys.length;
    });
  return {
    name: path,
    list: () =>
      settled(() => {
        const uses = readKeyUses(path);
        return readKeyFile(path).map((record) => ({ record, lastUsed: uses.get(record.id) }));
      }),
    add: (record) =>
      settled(() =>
        change((keys) => (keys.some(({ name }) => name === record.name) ? keys : [...keys, record])),
      ),
    remove: (name) => settled(() => change((keys) => keys.filter((key) => key.name !== name))),
  };
}

/** Runs synchronous work, with its result or error as a promise. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function inDatabase(keys: StoredKeys): KeyPlace {
  return {
    name: 'the database',
    list: async () => (await keys.listKeys()).flatMap(toListedKey),
    add: (record) => keys.addKey(checkKeyRecord(record)),
    remove: (name) => keys.removeKey(name),
  };
}

/** An invalid record is reported, and does not hide the others. */
function toListedKey({ record, usedAt }: UsedKey): readonly ListedKey[] {
  try {
    return [{ record: checkKeyRecord(record), lastUsed: usedAt ?? undefined }];
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    process.stderr.write(`A key in the database is not accepted. ${error.message}\n`);
    return [];
  }
}
