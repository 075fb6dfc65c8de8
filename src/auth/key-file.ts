import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { applyDecorators } from '@nestjs/common';
import { plainToInstance, Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsString,
  Matches,
  MinLength,
  ValidateBy,
  ValidateNested,
  validateSync,
  type ValidationError,
} from 'class-validator';
import { OptionalField, TextList } from '../http/field-rules.js';
import { isInheritedName } from '../domain/inherited-name.js';
import { parseInstant } from '../domain/instant.js';
import { isRecord } from '../text/json.js';
import { KeyFileError } from './key-file-error.js';
import { readPrivately, writePrivately } from './private-file.js';
import { SCOPES, type Scope } from './scopes.js';

/** Allowed names of keys. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const NAME_RULE = 'name must be 1 to 64 letters, digits, dots, dashes, underscores or @.';
const SCOPES_RULE = `scopes must be a list of ${SCOPES.join(', ')}, at least one.`;
const USER_RULE = 'user_id must be a text that is not empty.';

/** Maximum number of values of one limit, and of characters of a value. */
const MOST_LIMITS = 1000;
const LONGEST_LIMIT = 1000;

/** A valid point in time that stays text. */
function InstantText(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'instantText',
      validator: { validate: (value) => typeof value === 'string' && parseInstant(value) !== undefined },
    },
    {
      message: '$property must be an ISO 8601 date or date-time, such as 2030-01-01 or 2030-01-01T14:30:00Z.',
    },
  );
}

/** Non-empty texts. An empty list is refused: it could mean all or none. */
function LimitList(): PropertyDecorator {
  return applyDecorators(TextList(MOST_LIMITS, LONGEST_LIMIT), OptionalField());
}

/** A key as the file stores it: everything but the key itself. */
export class KeyRecord {
  /** The part of the key that identifies its record, 16 hexadecimal digits. */
  @Matches(/^[0-9a-f]{16}$/, { message: 'id must be 16 hexadecimal digits.' })
  readonly id!: string;

  /** The name of the key's owner in logs; unique. */
  @Matches(NAME, { message: NAME_RULE })
  readonly name!: string;

  @Matches(/^[0-9a-f]{32}$/, { message: 'salt must be 32 hexadecimal digits.' })
  readonly salt!: string;

  /** SHA-256 of salt and secret. A fast hash is enough: the secret is 256 random bits, which no dictionary contains. */
  @Matches(/^[0-9a-f]{64}$/, { message: 'hash must be 64 hexadecimal digits.' })
  readonly hash!: string;

  @IsArray({ message: SCOPES_RULE })
  @ArrayNotEmpty({ message: SCOPES_RULE })
  @IsIn(SCOPES, { each: true, message: SCOPES_RULE })
  readonly scopes!: readonly Scope[];

  /** Limits the key to sessions of this user id, as the platform names users; not empty. Absent for all users. */
  @OptionalField()
  @IsString({ message: USER_RULE })
  @MinLength(1, { message: USER_RULE })
  readonly user_id?: string;

  @LimitList()
  readonly platforms?: readonly string[];

  @LimitList()
  readonly profiles?: readonly string[];

  /** Limits the key to these hosts, for servers of several hosts' histories. */
  @LimitList()
  readonly origins?: readonly string[];

  @InstantText()
  readonly created_at!: string;

  /** The key is refused from then on; absent for a key without expiry. */
  @OptionalField()
  @InstantText()
  readonly expires_at?: string;
}

class KeyFile {
  @IsIn([1], { message: 'version must be 1.' })
  readonly version!: 1;

  @ValidateNested({ each: true })
  @Type(() => KeyRecord)
  readonly keys!: readonly KeyRecord[];
}

/** The properties requested for a new key. */
export type KeyRequest = Pick<
  KeyRecord,
  'name' | 'scopes' | 'user_id' | 'platforms' | 'profiles' | 'origins' | 'expires_at'
>;

/** The format of a token from {@link createKey}: its record's id, and the secret. */
const TOKEN = /^hsk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** Splits a token into its parts; undefined for any other text. */
export function partsOf(token: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = TOKEN.exec(token) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Creates a key. @returns its record, and the token, which is shown once and stored nowhere. */
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

/** Whether a record belongs to a key with this secret. Takes constant time. */
export function isSecretOf(record: KeyRecord, secret: string): boolean {
  return timingSafeEqual(Buffer.from(record.hash, 'hex'), Buffer.from(hashOf(record.salt, secret), 'hex'));
}

/** Whether a key has expired. An unreadable expiry counts as past. */
export function isExpired({ expires_at: end }: KeyRecord, now: Date): boolean {
  if (end === undefined) return false;
  const seconds = parseInstant(end);
  return seconds === undefined || !(seconds * 1000 > now.getTime());
}

/**
 * Reads the keys of a file; none if the file does not exist. A file with any error is refused as a whole, so that no limit of a key is ignored.
 * @throws {KeyFileError} if others may read or replace the file, or it contains anything but keys; names the key and the field.
 */
export function readKeyFile(path: string): readonly KeyRecord[] {
  const text = readPrivately(path);
  if (text === undefined) return [];
  const content = parse(path, text);
  const problem = problemOf(content);
  if (problem !== undefined) throw new KeyFileError(`${path} is no file of keys: ${problem}`);
  return plainToInstance(KeyFile, content).keys;
}

/**
 * Validates a key that was stored elsewhere.
 * @throws {KeyFileError} if any part of it is invalid; names the key and the field.
 */
export function checkKeyRecord(value: unknown): KeyRecord {
  const content = { version: 1, keys: [value] };
  const problem = problemOf(content);
  const [record] = problem === undefined ? plainToInstance(KeyFile, content).keys : [];
  if (record === undefined) throw new KeyFileError(`This cannot be a key: ${problem ?? 'there is none.'}`);
  return record;
}

/**
 * Replaces all keys of a file atomically. Only the owner can read the file.
 * @throws {KeyFileError} if the file would be refused when read.
 */
export function writeKeyFile(path: string, keys: readonly KeyRecord[]): void {
  const text = `${JSON.stringify({ version: 1, keys }, null, 2)}\n`;
  const problem = problemOf(parse(path, text));
  if (problem !== undefined) throw new KeyFileError(`This cannot be a key: ${problem}`);
  writePrivately(path, text);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (isInheritedName(name))
        throw new KeyFileError(`${path} is no file of keys: ${name} is not known here.`);
      return value;
    });
  } catch (error) {
    throw error instanceof KeyFileError
      ? error
      : new KeyFileError(`${path} cannot be read as JSON.`, { cause: error });
  }
}

/** The first problem in the content of a key file; undefined if there is none. */
function problemOf(content: unknown): string | undefined {
  if (!isRecord(content)) return 'it must be a JSON object.';
  const { keys } = content;
  if (!Array.isArray(keys) || !keys.every(isRecord)) return 'keys must be a list of objects.';
  const [first] = validateSync(plainToInstance(KeyFile, content), {
    forbidUnknownValues: true,
    whitelist: true,
    forbidNonWhitelisted: true,
  });
  return first === undefined ? repetitionIn(keys) : explain(first, keys);
}

function explain(error: ValidationError, keys: readonly JsonObject[]): string {
  const [record] = error.children ?? [];
  const [field] = record?.children ?? [];
  if (record === undefined || field === undefined) return ruleOf(error);
  return `${titleOf(keys, Number(record.property))}: ${ruleOf(field)}`;
}

function ruleOf({ property, constraints = {} }: ValidationError): string {
  if ('whitelistValidation' in constraints) return `${property} is not known here. Check its spelling.`;
  return Object.values(constraints)[0] ?? `${property} is not allowed.`;
}

/** Describes a key so that its keeper finds it in the file. */
function titleOf(keys: readonly JsonObject[], at: number): string {
  const name = keys[at]?.name;
  return typeof name === 'string' && NAME.test(name) ? `the key ${name}` : `key ${at + 1} of the list`;
}

/** The first repeated id or name: a key must be identified by each of them. */
function repetitionIn(keys: readonly JsonObject[]): string | undefined {
  for (const field of ['id', 'name']) {
    const at = keys.findIndex((key, place) => keys.findIndex((other) => other[field] === key[field]) < place);
    if (at !== -1) return `${titleOf(keys, at)}: another key has the same ${field}.`;
  }
  return undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

function hashOf(salt: string, secret: string): string {
  return createHash('sha256').update(Buffer.from(salt, 'hex')).update(secret).digest('hex');
}
