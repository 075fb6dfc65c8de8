import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createKey, isExpired, readKeyFile } from '../../src/auth/key-file.js';
import { KeyFileError } from '../../src/auth/key-file-error.js';
import { smallHistory } from '../support/histories.js';
import { checkRounds, rounds } from '../support/rounds.js';
import { temporaryFolder, TestServer } from '../support/server.js';

const PATH = join(temporaryFolder(), 'keys.json');

/** A key as it stands in a file. */
type WrittenKey = Readonly<Record<string, unknown>>;

const { record, token } = createKey({ name: 'ana', scopes: ['sessions:read'] }, new Date('2026-05-01'));
const other = createKey({ name: 'bo', scopes: ['sessions:read', 'metrics'] }, new Date('2026-05-02')).record;

/** Names of fields, those that somebody misspelt, and those that mean something to a program. */
const fieldName = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...['id', 'name', 'salt', 'hash', 'scopes', 'user_id', 'platforms', 'profiles', 'origins'],
      ...['created_at', 'expires_at'],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['userid', 'user-id', 'USER_ID', 'user_id ', 'platform', 'profile', 'origin', 'expires', 'scope'],
      ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', ''],
    ),
  },
  { weight: 1, arbitrary: fc.string() },
);

/** Lists or objects inside each other, some deeper than a stack. */
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.constantFrom(3, 40, 5000, 50_000))
  .map(([open, levels]) => `${open.repeat(levels)}1${(open === '[' ? ']' : '}').repeat(levels)}`);

/** What a field may be said to be, as JSON. */
const fieldValue = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc
    .constantFrom<unknown>(
      ...['', ' ', 'ana', 'cli', 'sessions:read', 'sessions:read ', '2036-01-01', '2036-W10', '2036-02-30'],
      ...['9999-12-31T23:59:59Z', '+275760-09-13', 'now', null, true, 0, -1, [], [''], ['cli'], ['cli', 7]],
      ...[
        ['cli', 'cli'],
        [null],
        [[]],
        [['cli']],
        { length: 1, 0: 'cli' },
        ['sessions:read', 'x'],
        ['metrics'],
      ],
      ...[['sessions:read', 'sessions:read'], 'ANA', 'ana\u0000', '\ud800', 'x'.repeat(2000)],
    )
    .map((value) => JSON.stringify(value)),
  fc.constantFrom('1e400', '-0', '1E2', '"\\u0061na"', '[1,]', 'undefined', "'ana'"),
  deep,
);

/** Some fields of a key that are left out, are something else, or stand there twice. */
const writtenKey = fc
  .tuple(
    fc.constantFrom<WrittenKey>({ ...record }, { ...other }),
    fc.array(fc.tuple(fieldName, fieldValue), { maxLength: 3 }),
    fc.option(fc.constantFrom(...Object.keys(record))),
  )
  .map(([key, fields, left]) => {
    const pairs = Object.entries(key)
      .filter(([name]) => name !== left)
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return `{${[...pairs, ...fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`)].join(',')}}`;
  });

/** A file as keepers, their tools and half-written disks leave it. */
const fileText = fc
  .tuple(
    fc.array(fc.oneof({ weight: 5, arbitrary: writtenKey }, { weight: 1, arbitrary: fieldValue }), {
      maxLength: 3,
    }),
    fc.oneof({ weight: 6, arbitrary: fc.constant('1') }, { weight: 1, arbitrary: fieldValue }),
    fc.option(fc.tuple(fieldName, fieldValue), { freq: 4 }),
    fc.option(fc.tuple(fc.nat(2000), fc.constantFrom('', '\u0000', '\ufeff', '}', ',', '"')), { freq: 5 }),
  )
  .map(([keys, version, more, spoilt]) => {
    const extra = more === null ? '' : `,${JSON.stringify(more[0])}:${more[1]}`;
    const text = `{"version":${version},"keys":[${keys.join(',')}]${extra}}`;
    if (spoilt === null) return text;
    const at = spoilt[0] % text.length;
    return `${text.slice(0, at)}${spoilt[1]}${text.slice(at + 1)}`;
  });

function write(content: string | Buffer): void {
  writeFileSync(PATH, content, { mode: 0o600 });
}

describe('a file of keys, whatever is in it', () => {
  it('gives the keys that stand there with all of their limits, or is refused in one sentence', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fileText, (text) => {
        write(text);
        const keys = keysOrRefusal();
        if (keys === undefined) return;
        accepted++;
        // Nothing that was written is passed over, and nothing is read as less of a limit than it is.
        expect(JSON.parse(JSON.stringify(keys))).toEqual((JSON.parse(text) as { keys: unknown }).keys);
        for (const { user_id: userId, expires_at: end, platforms, profiles, origins } of keys) {
          expect(userId === undefined || (typeof userId === 'string' && userId !== '')).toBe(true);
          for (const limit of [platforms, profiles, origins]) {
            expect(limit === undefined || (Array.isArray(limit) && limit.length > 0)).toBe(true);
            expect(limit?.every((value: unknown) => typeof value === 'string' && value !== '')).not.toBe(
              false,
            );
          }
          const ends = keys.filter((key) => key.expires_at === end);
          expect(ends.every((key) => isExpired(key, new Date('9999-12-31T23:59:59.999Z')))).toBe(
            end !== undefined,
          );
        }
      }),
      rounds(5000),
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('is refused in one sentence where it is no text at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        write(Buffer.from(bytes));
        expect(keysOrRefusal()).toBeUndefined();
      }),
      rounds(500),
    );
  });

  it('makes no request fail', async () => {
    write('{"version":1,"keys":[]}');
    const server = await TestServer.start(smallHistory(25), { KEYS_FILE: PATH });
    await checkRounds(
      fc.asyncProperty(fileText, async (text) => {
        write(text);
        expect([200, 401]).toContain((await server.as(token).get('/v1/sessions?limit=1')).status);
      }),
      100,
    );
    await server.close();
  });
});

/** The keys of the file; undefined where it is refused as a file of keys is. */
function keysOrRefusal(): ReturnType<typeof readKeyFile> | undefined {
  try {
    return readKeyFile(PATH);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    expect(error.message).toMatch(/^[^\n]{1,1000}$/);
    return undefined;
  }
}
