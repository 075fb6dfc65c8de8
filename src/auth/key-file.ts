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
import { KeyFileError } from './key-file-error.js';
import { readPrivately, writePrivately } from './private-file.js';
import { SCOPES, type Scope } from './scopes.js';

/** What a key can be called. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const NAME_RULE = 'name must be 1 to 64 letters, digits, dots, dashes, underscores or @.';
const SCOPES_RULE = `scopes must be a list of ${SCOPES.join(', ')}, at least one.`;
const USER_RULE = 'user_id must be a text that is not empty.';

/** Values of one limit, and characters of a value. */
const MOST_LIMITS = 1000;
const LONGEST_LIMIT = 1000;

/** A point in time that can be read; it stays the text that it is. */
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

/** Texts, none of which is empty; an empty list would be read as all by some and as none by others. */
function LimitList(): PropertyDecorator {
  return applyDecorators(TextList(MOST_LIMITS, LONGEST_LIMIT), OptionalField());
}

/** A key as the file remembers it: everything but the key itself. */
export class KeyRecord {
  /** Part of the key by which its record is found, 16 hexadecimal digits. */
  @Matches(/^[0-9a-f]{16}$/, { message: 'id must be 16 hexadecimal digits.' })
  readonly id!: string;

  /** What logs call whoever sends it. No two keys have the same. */
  @Matches(NAME, { message: NAME_RULE })
  readonly name!: string;

  @Matches(/^[0-9a-f]{32}$/, { message: 'salt must be 32 hexadecimal digits.' })
  readonly salt!: string;

  /** SHA-256 of salt and secret: the secret is 256 random bits, which no dictionary has. */
  @Matches(/^[0-9a-f]{64}$/, { message: 'hash must be 64 hexadecimal digits.' })
  readonly hash!: string;

  @IsArray({ message: SCOPES_RULE })
  @ArrayNotEmpty({ message: SCOPES_RULE })
  @IsIn(SCOPES, { each: true, message: SCOPES_RULE })
  readonly scopes!: readonly Scope[];

  /** Sessions of this user alone, as the platform names users: any text but an empty one; absent for all. */
  @OptionalField()
  @IsString({ message: USER_RULE })
  @MinLength(1, { message: USER_RULE })
  readonly user_id?: string;

  @LimitList()
  readonly platforms?: readonly string[];

  @LimitList()
  readonly profiles?: readonly string[];

  /** Hosts, where the histories of several are served. */
  @LimitList()
  readonly origins?: readonly string[];

  @InstantText()
  readonly created_at!: string;

  /** Not accepted from then on; absent for a key without an end. */
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

/** Whether a key has ended. An end that cannot be read is one that has come. */
export function isExpired({ expires_at: end }: KeyRecord, now: Date): boolean {
  if (end === undefined) return false;
  const seconds = parseInstant(end);
  return seconds === undefined || !(seconds * 1000 > now.getTime());
}

/**
 * Reads the keys of a file; none where there is no file. A file that is not right in everything is refused whole: what somebody wrote to
 * limit a key must not be passed over.
 * @throws {KeyFileError} where others may read or replace it, or it holds anything but keys; names the key and the field.
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
 * A key that was kept elsewhere.
 * @throws {KeyFileError} where it is not right in everything; names the key and the field.
 */
export function checkKeyRecord(value: unknown): KeyRecord {
  const content = { version: 1, keys: [value] };
  const problem = problemOf(content);
  const [record] = problem === undefined ? plainToInstance(KeyFile, content).keys : [];
  if (record === undefined) throw new KeyFileError(`This cannot be a key: ${problem ?? 'there is none.'}`);
  return record;
}

/**
 * Writes all keys of a file anew, whole or not at all, for its owner's eyes alone.
 * @throws {KeyFileError} where the file would be refused.
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

/** What is wrong with the content of a file of keys; undefined where nothing is. */
function problemOf(content: unknown): string | undefined {
  if (!isObject(content)) return 'it must be a JSON object.';
  const { keys } = content;
  if (!Array.isArray(keys) || !keys.every(isObject)) return 'keys must be a list of objects.';
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

/** A key as its keeper finds it in the file. */
function titleOf(keys: readonly JsonObject[], at: number): string {
  const name = keys[at]?.name;
  return typeof name === 'string' && NAME.test(name) ? `the key ${name}` : `key ${at + 1} of the list`;
}

/** Of two keys with one id, or one name, nobody could say which is meant. */
function repetitionIn(keys: readonly JsonObject[]): string | undefined {
  for (const field of ['id', 'name']) {
    const at = keys.findIndex((key, place) => keys.findIndex((other) => other[field] === key[field]) < place);
    if (at !== -1) return `${titleOf(keys, at)}: another key has the same ${field}.`;
  }
  return undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hashOf(salt: string, secret: string): string {
  return createHash('sha256').update(Buffer.from(salt, 'hex')).update(secret).digest('hex');
}
