import { environmentWithDotenv } from '../config/environment.js';
import { keysFile } from '../config/settings.js';
import { KeyFileError } from '../auth/key-file-error.js';
import {
  createKey,
  NAME,
  readKeyFile,
  writeKeyFile,
  type KeyRecord,
  type KeyRequest,
} from '../auth/key-file.js';
import { readKeyUses } from '../auth/key-uses.js';
import { preparePrivate } from '../auth/private-file.js';
import { parseInstant } from '../domain/instant.js';
import { FileLockError, whileLocked } from '../stores/hermes/file/file-lock.js';
import { needsWholeAccess, SCOPES, type Scope } from '../auth/scopes.js';
import { tableOf } from './table.js';

/** What a new key is to be, as it was said on the command line. */
export interface KeyOptions {
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
export function createKeyCommand(name: string, options: KeyOptions): number {
  return withFile((path) => {
    const now = new Date();
    const { record, token } = createKey(requestOf(name, options, now), now);
    changeKeys(path, (keys) => {
      if (keys.some((key) => key.name === name))
        throw new KeyFileError(`There is a key named ${name} already.`);
      return [...keys, record];
    });
    process.stdout.write(`${token}\n`);
    process.stderr.write(`This is the only time that the key of ${name} is shown.\n`);
  });
}

/** Shows all keys but what they are. @returns the exit code. */
export function listKeysCommand(): number {
  return withFile((path) => {
    const uses = readKeyUses(path);
    const rows = readKeyFile(path).map((key) => rowOf(key, uses.get(key.id)));
    const header = ['NAME', 'SCOPES', 'LIMITS', 'CREATED', 'EXPIRES', 'LAST USED'];
    process.stdout.write(tableOf([header, ...rows]));
  });
}

/** Takes a key back: a running server refuses it within a second. @returns the exit code. */
export function revokeKeyCommand(name: string): number {
  return withFile((path) => {
    changeKeys(path, (keys) => {
      const kept = keys.filter((key) => key.name !== name);
      if (kept.length === keys.length) throw new KeyFileError(`There is no key named ${name}.`);
      return kept;
    });
    process.stderr.write(`The key ${name} is revoked.\n`);
  });
}

/** Nobody else changes the file between reading and writing: what one command adds, or takes back, another does not undo. */
function changeKeys(path: string, change: (keys: readonly KeyRecord[]) => readonly KeyRecord[]): void {
  whileLocked(`${preparePrivate(path)}.lock`, () => {
    writeKeyFile(path, change(readKeyFile(path)));
  });
}

function withFile(work: (path: string) => void): number {
  try {
    work(keysFile(environmentWithDotenv()));
    return 0;
  } catch (error) {
    if (!(error instanceof KeyFileError || error instanceof FileLockError || isFileFailure(error)))
      throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function isFileFailure(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
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

function rowOf(key: KeyRecord, lastUsed: string | undefined): readonly string[] {
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
