import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { plainToInstance, Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsISO8601,
  IsOptional,
  IsString,
  Matches,
  validateSync,
  ValidateNested,
} from 'class-validator';
import { SCOPES, type Scope } from './scopes.js';

/** What is wrong with a file of keys, in one sentence for the person who keeps it. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** A key as the file remembers it: everything but the key itself. */
export class KeyRecord {
  /** Part of the key by which its record is found, 16 hexadecimal digits. */
  @Matches(/^[0-9a-f]{16}$/)
  readonly id!: string;

  /** What logs call whoever sends it. No two keys have the same. */
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/)
  readonly name!: string;

  @Matches(/^[0-9a-f]{32}$/)
  readonly salt!: string;

  /** SHA-256 of salt and secret: the secret is 256 random bits, which no dictionary has. */
  @Matches(/^[0-9a-f]{64}$/)
  readonly hash!: string;

  @IsArray()
  @ArrayNotEmpty()
  @IsIn(SCOPES, { each: true })
  readonly scopes!: readonly Scope[];

  /** Sessions of this user alone; absent for all. */
  @IsOptional()
  @IsString()
  readonly user_id?: string;

  @IsOptional()
  @IsString({ each: true })
  readonly platforms?: readonly string[];

  @IsOptional()
  @IsString({ each: true })
  readonly profiles?: readonly string[];

  /** Hosts, where the histories of several are served. */
  @IsOptional()
  @IsString({ each: true })
  readonly origins?: readonly string[];

  @IsISO8601()
  readonly created_at!: string;

  /** Not accepted from then on; absent for a key without an end. */
  @IsOptional()
  @IsISO8601()
  readonly expires_at?: string;
}

class KeyFile {
  @IsIn([1], { message: 'version must be 1' })
  readonly version!: 1;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => KeyRecord)
  readonly keys!: readonly KeyRecord[];
}

/** What is wanted of a new key. */
export type KeyRequest = Pick<
  KeyRecord,
  'name' | 'scopes' | 'user_id' | 'platforms' | 'profiles' | 'origins' | 'expires_at'
>;

/** A token that was made by {@link createKey}: its record's id, and the secret. */
const TOKEN = /^hsk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** The parts of a token; undefined for any other text. */
export function partsOf(token: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = TOKEN.exec(token) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Makes a key. @returns its record, and the token that is shown once and kept nowhere. */
export function createKey(
  request: KeyRequest,
  now: Date,
): { readonly record: KeyRecord; readonly token: string } {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const salt = randomBytes(16).toString('hex');
  const record = { ...request, id, salt, hash: hashOf(salt, secret), created_at: now.toISOString() };
  return { record, token: `hsk_${id}_${secret}` };
}

/** Whether a record is of a key with this secret; the time taken does not tell how much of it is right. */
export function isSecretOf(record: KeyRecord, secret: string): boolean {
  return timingSafeEqual(Buffer.from(record.hash, 'hex'), Buffer.from(hashOf(record.salt, secret), 'hex'));
}

/**
 * Reads the keys of a file; none where there is no file.
 * @throws {KeyFileError} where others may read it, or it holds anything but keys.
 */
export function readKeyFile(path: string): readonly KeyRecord[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if ((stats.mode & 0o077) !== 0) {
    throw new KeyFileError(`${path} can be read or written by others. Run: chmod 600 ${path}`);
  }
  const file = plainToInstance(KeyFile, parse(path));
  const [problem] = validateSync(file, { forbidUnknownValues: true });
  if (problem !== undefined) throw new KeyFileError(`${path} is no file of keys: see ${problem.property}.`);
  return file.keys;
}

/** Writes all keys of a file anew, whole or not at all, for its owner's eyes alone. */
export function writeKeyFile(path: string, keys: readonly KeyRecord[]): void {
  writePrivately(path, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`);
}

/** Replaces a file by another that only its owner may read. */
export function writePrivately(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}.new`;
  writeFileSync(next, text, { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, path);
}

function parse(path: string): object {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new KeyFileError(`${path} cannot be read as JSON.`, { cause: error });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new KeyFileError(`${path} is no file of keys.`);
  }
  return content;
}

function hashOf(salt: string, secret: string): string {
  return createHash('sha256').update(Buffer.from(salt, 'hex')).update(secret).digest('hex');
}
