import { createKey, NAME, type KeyRequest } from '../auth/key-file.js';
import { KeyFileError } from '../auth/key-file-error.js';
import { needsWholeAccess, SCOPES, type Scope } from '../auth/scopes.js';
import { parseInstant } from '../domain/instant.js';
import { exitCodeOf } from './exit-code.js';
import { withKeyPlaces, type ListedKey } from './key-places.js';
import { tableOf } from './table.js';

/** Where keys are looked for, as it was said on the command line. */
export interface KeyPlaceOptions {
  /** In the file of this machine alone, whatever database there is. */
  readonly file?: boolean;
}

/** What a new key is to be, as it was said on the command line. */
export interface KeyOptions extends KeyPlaceOptions {
  readonly scope: readonly string[];
  readonly userId?: string;
  readonly platform?: readonly string[];
  readonly profile?: readonly string[];
  readonly origin?: readonly string[];
  /** A number and h, d or w; or an ISO 8601 date or date-time. */
  readonly expires?: string;
}

const SECONDS: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 604_800 };

/** Makes a key and shows it, once. @returns the exit code. */
export function createKeyCommand(name: string, options: KeyOptions): Promise<number> {
  return exitCodeOf(() =>
    withKeyPlaces(options.file === true, async (places) => {
      const now = new Date();
      const { record, token } = createKey(requestOf(name, options, now), now);
      const [place, ...others] = places;
      // Two keys of one name are one key to whoever reads a log.
      for (const other of others)
        if ((await other.list()).some(({ record: { name: taken } }) => taken === name))
          throw nameIsTaken(name);
      if (!(await place.add(record))) throw nameIsTaken(name);
      process.stdout.write(`${token}\n`);
      process.stderr.write(`This is the only time that the key of ${name} is shown.\n`);
    }),
  );
}

function nameIsTaken(name: string): KeyFileError {
  return new KeyFileError(`There is a key named ${name} already.`);
}

/** Shows all keys but what they are. @returns the exit code. */
export function listKeysCommand({ file = false }: KeyPlaceOptions): Promise<number> {
  return exitCodeOf(() =>
    withKeyPlaces(file, async (places) => {
      const rows: (readonly string[])[] = [];
      // Where they are kept is worth a column only where that can differ.
      const areSeveral = places.length > 1;
      for (const place of places)
        for (const key of await place.list()) rows.push([...rowOf(key), ...(areSeveral ? [place.name] : [])]);
      const header = ['NAME', 'SCOPES', 'LIMITS', 'CREATED', 'EXPIRES', 'LAST USED'];
      process.stdout.write(tableOf([[...header, ...(areSeveral ? ['KEPT IN'] : [])], ...rows]));
    }),
  );
}

/** Takes a key back, wherever it is kept: running servers refuse it within a second. @returns the exit code. */
export function revokeKeyCommand(name: string, { file = false }: KeyPlaceOptions): Promise<number> {
  return exitCodeOf(() =>
    withKeyPlaces(file, async (places) => {
      // One place that cannot be used keeps no key alive in another.
      const removals = await Promise.allSettled(places.map((place) => place.remove(name)));
      const isRevoked = removals.some((removal) => removal.status === 'fulfilled' && removal.value);
      if (isRevoked) process.stderr.write(`The key ${name} is revoked.\n`);
      for (const removal of removals) if (removal.status === 'rejected') throw removal.reason;
      if (!isRevoked) throw new KeyFileError(`There is no key named ${name}.`);
    }),
  );
}

/** @throws {KeyFileError} that names the option at fault. */
function requestOf(name: string, options: KeyOptions, now: Date): KeyRequest {
  if (!NAME.test(name)) {
    throw new KeyFileError('A name has 1 to 64 letters, digits, dots, dashes, underscores or @.');
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
      `--scope ${whole}: tells of the whole history, so it needs a key without --user-id, --platform, --profile and --origin. Make it a key of its own.`,
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
    throw new KeyFileError(`--expires ${text}: must be a time to come, such as 90d or 2030-01-01.`);
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
