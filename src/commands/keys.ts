import { createKey, NAME, type KeyRecord, type KeyRequest } from '../auth/key-file.js';
import { KeyFileError } from '../auth/key-file-error.js';
import { needsWholeAccess, SCOPES, type Scope } from '../auth/scopes.js';
import { DomainError } from '../domain/errors.js';
import { parseInstant } from '../domain/instant.js';
import { exitCodeOf } from './exit-code.js';
import { withKeyPlaces, type KeyPlace, type KeyPlaces, type ListedKey } from './key-places.js';
import { tableOf } from './table.js';

/** Where to look for keys, from the command line. */
export interface KeyPlaceOptions {
  /** Only in this machine's file, even if there is a database. */
  readonly file?: boolean;
}

/** Properties of a new key, from the command line. */
export interface KeyOptions extends KeyPlaceOptions {
  readonly scope: readonly string[];
  readonly userId?: string;
  readonly platform?: readonly string[];
  readonly profile?: readonly string[];
  readonly origin?: readonly string[];
  /** A number with h, d or w; or an ISO 8601 date or date-time. */
  readonly expires?: string;
}

const SECONDS: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 604_800 };

/** Creates a key and prints it once. @returns the exit code. */
export function createKeyCommand(name: string, options: KeyOptions): Promise<number> {
  return exitCodeOf(() =>
    withKeyPlaces(options.file === true, async (places) => {
      const now = new Date();
      const { record, token } = createKey(requestOf(name, options, now), now);
      await addKey(record, places);
      process.stdout.write(`${token}\n`);
      process.stderr.write(`The key ${name} will not be shown again.\n`);
    }),
  );
}

/**
 * Adds a key unless another place has one of the same name: in a log they could not be told apart. The other places are checked after adding, so that
 * of two commands that concurrently add the same name in two places, at least one sees the other's key and removes its own.
 * @throws {KeyFileError}
 */
async function addKey(record: KeyRecord, { places: [place, ...others], left }: KeyPlaces): Promise<void> {
  const { name } = record;
  if (!(await place.add(record))) throw nameIsTaken(name);
  try {
    for (const other of others) if (await hasLike(other, record)) throw nameIsTaken(name);
    for (const other of left)
      if (await hasLike(other, record).catch((error: unknown) => notTold(other, error)))
        throw nameIsTaken(name);
  } catch (error) {
    await place.remove(name);
    throw error;
  }
}

async function hasLike(place: Pick<KeyPlace, 'list'>, { id, name }: KeyRecord): Promise<boolean> {
  return (await place.list()).some(({ record }) => record.name === name || record.id === id);
}

/** A key in this machine's file can be created while the database is unavailable. */
function notTold({ name }: Pick<KeyPlace, 'name'>, error: unknown): false {
  if (!(error instanceof DomainError)) throw error;
  process.stderr.write(`Could not check whether ${name} has a key with this name: ${error.message}\n`);
  return false;
}

function nameIsTaken(name: string): KeyFileError {
  return new KeyFileError(`A key named ${name} already exists.`);
}

/** Lists all keys without their secrets. @returns the exit code. */
export function listKeysCommand({ file = false }: KeyPlaceOptions): Promise<number> {
  return exitCodeOf(() =>
    withKeyPlaces(file, async ({ places }) => {
      const rows: (readonly string[])[] = [];
      // The column of places is shown only if there are several.
      const areSeveral = places.length > 1;
      for (const place of places)
        for (const key of await place.list()) rows.push([...rowOf(key), ...(areSeveral ? [place.name] : [])]);
      const header = ['NAME', 'SCOPES', 'LIMITS', 'CREATED', 'EXPIRES', 'LAST USED'];
      process.stdout.write(tableOf([[...header, ...(areSeveral ? ['STORED IN'] : [])], ...rows]));
    }),
  );
}

/** Revokes a key in every place: running servers refuse it within a second. @returns the exit code. */
export function revokeKeyCommand(name: string, { file = false }: KeyPlaceOptions): Promise<number> {
  return exitCodeOf(() =>
    withKeyPlaces(file, async ({ places }) => {
      // A failure in one place must not keep the key valid in another.
      const removals = await Promise.allSettled(places.map((place) => place.remove(name)));
      const isRevoked = removals.some((removal) => removal.status === 'fulfilled' && removal.value);
      if (isRevoked) process.stderr.write(`Revoked the key ${name}.\n`);
      for (const removal of removals) if (removal.status === 'rejected') throw removal.reason;
      if (!isRevoked) throw new KeyFileError(`There is no key named ${name}.`);
    }),
  );
}

/** @throws {KeyFileError} that names the faulty option. */
function requestOf(name: string, options: KeyOptions, now: Date): KeyRequest {
  if (!NAME.test(name)) {
    throw new KeyFileError('A name must be 1 to 64 letters, digits, dots, dashes, underscores or @.');
  }
  const scopes = options.scope.map((text) => {
    const scope = SCOPES.find((known) => known === text);
    if (scope === undefined) throw new KeyFileError(`--scope ${text}: must be one of ${SCOPES.join(', ')}.`);
    return scope;
  });
  const limits = [options.userId, options.platform, options.profile, options.origin];
  const whole = scopes.find(needsWholeAccess);
  if (whole !== undefined && limits.some((limit) => limit !== undefined)) {
    throw new KeyFileError(
      `--scope ${whole}: applies to the whole history, so it cannot be combined with --user-id, --platform, --profile or --origin. Create a separate key for it.`,
    );
  }
  return {
    name,
    scopes: [...new Set<Scope>(scopes)],
    user_id: options.userId,
    platforms: options.platform,
    profiles: options.profile,
    origins: options.origin,
    expires_at: options.expires === undefined ? undefined : endOf(options.expires, now).toISOString(),
  };
}

function endOf(text: string, now: Date): Date {
  const [, count, unit = ''] = /^([1-9]\d{0,4})([hdw])$/.exec(text) ?? [];
  const end =
    count === undefined
      ? new Date((parseInstant(text) ?? NaN) * 1000)
      : new Date(now.getTime() + Number(count) * (SECONDS[unit] ?? 0) * 1000);
  if (Number.isNaN(end.getTime()) || end <= now) {
    throw new KeyFileError(`--expires ${text}: must be in the future, such as 90d or 2030-01-01.`);
  }
  return end;
}

function rowOf({ record: key, lastUsed }: ListedKey): readonly string[] {
  const limits = [
    ...(key.user_id === undefined ? [] : [`user_id=${key.user_id}`]),
    ...(key.platforms === undefined ? [] : [`platform=${key.platforms.join(',')}`]),
    ...(key.profiles === undefined ? [] : [`profile=${key.profiles.join(',')}`]),
    ...(key.origins === undefined ? [] : [`origin=${key.origins.join(',')}`]),
  ];
  return [
    key.name,
    key.scopes.join(','),
    limits.length === 0 ? '-' : limits.join(' '),
    key.created_at,
    key.expires_at ?? 'never',
    lastUsed ?? 'never',
  ];
}
