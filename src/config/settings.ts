import { randomBytes } from 'node:crypto';
import { isBuiltin } from 'node:module';
import { homedir, hostname } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { plainToInstance, Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  Validate,
  validateSync,
  ValidatorConstraint,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { realPath } from './real-path.js';
import { TrustedProxies } from './trusted-proxies.js';

/** The variables that the server reads, by their names in the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** Fewer characters than this could be guessed by trying. */
const MINIMUM_KEY_LENGTH = 16;

/** `value=scope+scope`, where the scopes are those of the API's keys and all_users. */
const SCOPE_MAPPING =
  /^.+=(sessions:(read|write|delete)|metrics|all_users)(\+(sessions:(read|write|delete)|metrics|all_users))*$/;

/** A token that is meant for nobody in particular could be one that another server was given. */
@ValidatorConstraint({ name: 'requiredWithIssuer' })
class RequiredWithIssuer implements ValidatorConstraintInterface {
  validate(value: unknown, { object }: ValidationArguments): boolean {
    return typeof value === 'string' && (value !== '' || (object as Settings).OIDC_ISSUER === '');
  }

  defaultMessage(): string {
    return 'OIDC_AUDIENCE must be set where OIDC_ISSUER is: what the tokens for this server name as their audience.';
  }
}

@ValidatorConstraint({ name: 'onlyWithIssuer' })
class OnlyWithIssuer implements ValidatorConstraintInterface {
  validate(value: unknown, { object }: ValidationArguments): boolean {
    return value === '' || (object as Settings).OIDC_ISSUER !== '';
  }

  defaultMessage(): string {
    return 'OIDC_CONSOLE_CLIENT_ID needs OIDC_ISSUER: where people sign in.';
  }
}

/** What is deleted is kept apart from what Hermes reads, removes and backs up. */
@ValidatorConstraint({ name: 'outsideOfHermes' })
class OutsideOfHermes implements ValidatorConstraintInterface {
  validate(value: unknown, { object }: ValidationArguments): boolean {
    const { HERMES_HOME } = object as Settings;
    return typeof value === 'string' && (value === '' || !isWithin(realPath(HERMES_HOME), realPath(value)));
  }

  defaultMessage(): string {
    return "TRASH_DIR must be a folder of its own, not Hermes's or one in it.";
  }
}

/**
 * Everything that can be set from outside, read once at the start.
 * Properties carry the name of the environment variable they are read from, so that an error names what to fix.
 */
export class Settings {
  /** Absolute path of the `state.db` to serve: `STATE_DB`, or `state.db` in `HERMES_HOME`. */
  @IsString()
  STATE_DB!: string;

  /** The folder Hermes keeps its files in; transcript files lie in its `sessions/` folder. */
  @IsString()
  HERMES_HOME!: string;

  /** Whether the profiles in the `profiles/` folder of {@link HERMES_HOME} are served as well. */
  @Transform(({ value }: { readonly value: unknown }) => toSwitch(value))
  @IsBoolean({ message: 'PROFILES must be on or off.' })
  PROFILES!: boolean;

  /** Hermes's CJK tokenizer, a loadable SQLite extension; may name a file that does not exist. */
  @IsString()
  HERMES_FTS5_CJK_SO!: string;

  /** A program of Node that has a SQLite of its own (from 22.13 on), for what the driver does not read; empty where there is none. */
  @IsString()
  SQLITE_NODE!: string;

  /** The folder in which indexes of histories are kept. */
  @IsString()
  INDEX_DIR!: string;

  /** The folder in which deleted sessions are kept for a while; empty keeps none. */
  @Validate(OutsideOfHermes)
  TRASH_DIR!: string;

  /** How many days they are kept. */
  @WholeNumber(1, 3650)
  TRASH_DAYS!: number;

  /** How much they may take together, in MiB: the oldest go first. */
  @WholeNumber(1, 1_048_576)
  TRASH_MB!: number;

  /** Address to listen on. */
  @IsString()
  @MinLength(1, { message: 'HOST must be an address to listen on, for example 127.0.0.1.' })
  HOST!: string;

  /** TCP port to listen on; 0 takes a free one. */
  @WholeNumber(0, 65_535)
  PORT!: number;

  /** The key that callers send as `Authorization: Bearer <key>`. */
  @Matches(/^[\x21-\x7e]*$/, {
    message: 'API_SERVER_KEY may hold only visible ASCII characters, without spaces.',
  })
  @MinLength(MINIMUM_KEY_LENGTH, { message: shortKeyMessage })
  // The decorator next to the property is checked first, and its message is the one that is shown.
  @IsString({ message: missingKeyMessage })
  API_SERVER_KEY!: string;

  /** Absolute path of the file with further keys, which need not exist. */
  @IsString()
  KEYS_FILE!: string;

  /** The Hermes API server that answers every other path of the API; empty for none. Without a slash at its end. */
  @Transform(({ value }: { readonly value: unknown }) =>
    typeof value === 'string' ? value.replace(/\/+$/, '') : value,
  )
  @Matches(/^(https?:\/\/[^\s/?#]+(\/[^\s?#]*)?)?$/, {
    message: 'HERMES_UPSTREAM_URL must be a URL such as http://127.0.0.1:8642.',
  })
  HERMES_UPSTREAM_URL!: string;

  /** The key of that server. */
  @Matches(/^[\x21-\x7e]*$/, { message: 'HERMES_UPSTREAM_KEY may hold only visible ASCII characters.' })
  HERMES_UPSTREAM_KEY!: string;

  /** The OpenID Connect issuer whose tokens are accepted, exactly as its tokens name it; empty accepts none. */
  @Matches(/^(https:\/\/\S+|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/\S*)?)?$/, {
    message: 'OIDC_ISSUER must be an https URL, such as https://login.example.com/realms/staff.',
  })
  OIDC_ISSUER!: string;

  /** What tokens must be meant for: their `aud`. */
  @Validate(RequiredWithIssuer)
  OIDC_AUDIENCE!: string;

  /** Where the issuer's keys are; empty asks its discovery document. */
  @Matches(/^(https:\/\/\S+|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/\S*)?)?$/, {
    message: 'OIDC_JWKS_URL must be an https URL.',
  })
  OIDC_JWKS_URL!: string;

  /** The claim with what a token may do. */
  @IsString()
  OIDC_SCOPES_CLAIM!: string;

  /** What values of that claim stand for; where empty, each stands for the scope of its own name. */
  @Transform(({ value }: { readonly value: unknown }) => toList(value))
  @Matches(SCOPE_MAPPING, {
    each: true,
    message:
      'OIDC_SCOPE_MAP must be pairs such as history-readers=sessions:read+all_users, separated by commas; scopes are sessions:read, sessions:write, sessions:delete, metrics and all_users.',
  })
  OIDC_SCOPE_MAP!: readonly string[];

  /** The claim that is the `user_id` of the sessions that a token may know of. */
  @IsString()
  OIDC_USER_CLAIM!: string;

  /** The claim with the platforms, or profiles, whose sessions a token may know of; empty for all. */
  @IsString()
  OIDC_PLATFORMS_CLAIM!: string;

  @IsString()
  OIDC_PROFILES_CLAIM!: string;

  /** The claim with the hosts whose sessions a token may know of; empty for all. */
  @IsString()
  OIDC_ORIGINS_CLAIM!: string;

  /** The PostgreSQL database whose histories are served instead of a state.db; empty for none. */
  @Matches(/^(postgres(ql)?:\/\/\S+)?$/, {
    message:
      'DATABASE_URL must be a URL such as postgres://user:password@db.example.com:5432/hermes?sslmode=verify-full.',
  })
  DATABASE_URL!: string;

  /** Databases that follow that one, which are read instead. */
  @Transform(({ value }: { readonly value: unknown }) => toList(value))
  @Matches(/^postgres(ql)?:\/\/\S+$/, {
    each: true,
    message: 'DATABASE_REPLICA_URLS must be URLs such as postgres://…, separated by commas.',
  })
  DATABASE_REPLICA_URLS!: readonly string[];

  /** Connections to the database that are open at most. */
  @WholeNumber(1, 1000)
  DATABASE_POOL_SIZE!: number;

  /** How long a query may take, in milliseconds, and the wait for a connection, but that 5 s at most. */
  @WholeNumber(100, 600_000)
  DATABASE_TIMEOUT_MS!: number;

  /** What this host is called in the database that its history is sent to. */
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, {
    message: 'ORIGIN must be a name of letters, digits, dots, dashes and underscores.',
  })
  ORIGIN!: string;

  /** Messages a second that are sent to the database at most; 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  SHIP_RATE!: number;

  /** Whether `ship` only reads the history: changes that are made in the database are refused, and undone there. */
  @Transform(({ value }: { readonly value: unknown }) => toSwitch(value))
  @IsBoolean({ message: 'SHIP_READ_ONLY must be on or off.' })
  SHIP_READ_ONLY!: boolean;

  /** Whether the server brings the database to its own layout when it starts. */
  @Transform(({ value }: { readonly value: unknown }) => toSwitch(value))
  @IsBoolean({ message: 'DATABASE_MIGRATE must be on or off.' })
  DATABASE_MIGRATE!: boolean;

  /** How long a search may take, in milliseconds. */
  @WholeNumber(100, 600_000)
  SEARCH_TIMEOUT_MS!: number;

  /** How much memory answers may take that are kept while the history is unchanged, in MiB; 0 keeps none. */
  @WholeNumber(0, 4096)
  ANSWER_CACHE_MB!: number;

  /** Requests a minute that one key may send, from everywhere together; 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  RATE_LIMIT_KEY!: number;

  /** Requests a minute that one address (IPv6: one /64 network) may send; 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  RATE_LIMIT_ADDRESS!: number;

  /** Wrong keys a minute that one address may send before it is refused unheard; 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  RATE_LIMIT_WRONG_KEYS!: number;

  /** Connections at a time; beyond it those without a request are closed and requests but probes refused. One key and one address may use half. */
  @WholeNumber(1, 100_000)
  MAX_CONNECTIONS!: number;

  /** How long a request may take to arrive, its headers and its body together, in milliseconds. */
  @WholeNumber(100, 600_000)
  REQUEST_TIMEOUT_MS!: number;

  /** How late the event loop may run on average of a second before requests are refused, in milliseconds; 0 never refuses. */
  @WholeNumber(0, 60_000)
  MAX_EVENT_LOOP_DELAY_MS!: number;

  /** How long running requests may go on after a signal to stop, in milliseconds. */
  @WholeNumber(0, 600_000)
  STOP_TIMEOUT_MS!: number;

  /** Who may read `/metrics`: whoever has a key with that scope, everybody, or nobody. */
  @IsIn(['key', 'public', 'off'], { message: 'METRICS must be key, public or off.' })
  METRICS!: 'key' | 'public' | 'off';

  /** The OpenTelemetry collector that is sent traces, by OTLP over HTTP; empty sends none. Without a slash at its end. */
  @Transform(({ value }: { readonly value: unknown }) =>
    typeof value === 'string' ? value.replace(/\/+$/, '') : value,
  )
  @Matches(/^(https?:\/\/[^\s/?#]+(\/[^\s?#]*)?)?$/, {
    message: 'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://127.0.0.1:4318.',
  })
  OTEL_EXPORTER_OTLP_ENDPOINT!: string;

  /** Least severe level that is logged. */
  @IsIn(LOG_LEVELS, { message: `LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.` })
  LOG_LEVEL!: LogLevel;

  /**
   * Which proxies' `X-Forwarded-*` headers are believed: false for none, true for any,
   * or a comma-separated list of addresses and networks.
   */
  @Transform(({ value }: { readonly value: unknown }) => toTrustProxy(value))
  @Validate(TrustedProxies)
  TRUST_PROXY!: string;

  /** Path in front of every route: empty, or `/path` without a slash at its end. */
  @Transform(({ value }: { readonly value: unknown }) =>
    typeof value === 'string' ? value.replace(/\/+$/, '') : value,
  )
  @Matches(/^(\/[A-Za-z0-9._~-]+)*$/, {
    message: 'BASE_PATH must be empty or a path such as /hermes or /tools/hermes.',
  })
  BASE_PATH!: string;

  /** Origins that browsers, and apps that show pages, may call from; empty switches CORS off. */
  @Transform(({ value }: { readonly value: unknown }) => toList(value))
  // Any page may have the origin "null": it names nobody.
  @Matches(/^(\*|[a-z][a-z0-9+.-]*:\/\/[^/\s,]+)$/, {
    each: true,
    message:
      'CORS_ORIGINS must be * or origins such as https://app.example.com or app://obsidian.md, without a slash at their end, separated by commas.',
  })
  CORS_ORIGINS!: readonly string[];

  /** Whether `/docs` and `/openapi.json` are served. */
  @Transform(({ value }: { readonly value: unknown }) => toSwitch(value))
  @IsBoolean({ message: 'DOCS must be on or off.' })
  DOCS!: boolean;

  /** Whether the console is served at `/console/`. */
  @Transform(({ value }: { readonly value: unknown }) => toSwitch(value))
  @IsBoolean({ message: 'CONSOLE must be on or off.' })
  CONSOLE!: boolean;

  /** Whether agents may ask at `/mcp`. */
  @Transform(({ value }: { readonly value: unknown }) => toSwitch(value))
  @IsBoolean({ message: 'MCP must be on or off.' })
  MCP!: boolean;

  /** What the issuer calls the console: a public client whose people sign in there; empty leaves the sign-in to keys. */
  @Validate(OnlyWithIssuer)
  OIDC_CONSOLE_CLIENT_ID!: string;

  /** The scopes that the console asks the issuer for, separated by spaces. */
  @IsString()
  OIDC_CONSOLE_SCOPE!: string;
}

/** A setting that is a whole number within bounds, both of which are allowed. */
function WholeNumber(least: number, most: number): PropertyDecorator {
  return (target, name) => {
    const options = { message: `${String(name)} must be a whole number from ${least} to ${most}.` };
    Transform(({ value }: { readonly value: unknown }) => toInteger(value))(target, name);
    for (const check of [IsInt(options), Min(least, options), Max(most, options)]) check(target, name);
  };
}

/** What is wrong with the settings: one sentence for each problem, none of which repeats a secret. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
  }
}

/**
 * Reads and checks the settings.
 * @throws {SettingsError} that lists every problem at once.
 */
export function readSettings(environment: Environment): Settings {
  const location = historyLocation(environment);
  const settings = plainToInstance(Settings, {
    STATE_DB: location.stateDb,
    HERMES_HOME: location.hermesHome,
    HERMES_FTS5_CJK_SO: location.tokenizer,
    SQLITE_NODE: location.sqliteNode,
    INDEX_DIR: location.indexFolder,
    TRASH_DIR: trashFolder(environment),
    TRASH_DAYS: nonEmpty(environment.TRASH_DAYS) ?? '30',
    TRASH_MB: nonEmpty(environment.TRASH_MB) ?? '1024',
    // Who names a file means that file.
    PROFILES: profilesSetting(environment),
    HOST: nonEmpty(environment.HOST) ?? '127.0.0.1',
    PORT: nonEmpty(environment.PORT) ?? '8643',
    API_SERVER_KEY: nonEmpty(environment.API_SERVER_KEY),
    KEYS_FILE: keysFile(environment),
    HERMES_UPSTREAM_URL: nonEmpty(environment.HERMES_UPSTREAM_URL) ?? '',
    HERMES_UPSTREAM_KEY:
      nonEmpty(environment.HERMES_UPSTREAM_KEY) ?? nonEmpty(environment.API_SERVER_KEY) ?? '',
    OIDC_ISSUER: nonEmpty(environment.OIDC_ISSUER) ?? '',
    OIDC_AUDIENCE: nonEmpty(environment.OIDC_AUDIENCE) ?? '',
    OIDC_JWKS_URL: nonEmpty(environment.OIDC_JWKS_URL) ?? '',
    OIDC_SCOPES_CLAIM: nonEmpty(environment.OIDC_SCOPES_CLAIM) ?? 'scope',
    OIDC_SCOPE_MAP: environment.OIDC_SCOPE_MAP ?? '',
    OIDC_USER_CLAIM: nonEmpty(environment.OIDC_USER_CLAIM) ?? 'sub',
    OIDC_PLATFORMS_CLAIM: nonEmpty(environment.OIDC_PLATFORMS_CLAIM) ?? '',
    OIDC_PROFILES_CLAIM: nonEmpty(environment.OIDC_PROFILES_CLAIM) ?? '',
    OIDC_ORIGINS_CLAIM: nonEmpty(environment.OIDC_ORIGINS_CLAIM) ?? '',
    DATABASE_URL: nonEmpty(environment.DATABASE_URL) ?? '',
    DATABASE_REPLICA_URLS: environment.DATABASE_REPLICA_URLS ?? '',
    DATABASE_POOL_SIZE: nonEmpty(environment.DATABASE_POOL_SIZE) ?? '10',
    DATABASE_TIMEOUT_MS: nonEmpty(environment.DATABASE_TIMEOUT_MS) ?? '10000',
    ORIGIN: nonEmpty(environment.ORIGIN) ?? hostname(),
    SHIP_RATE: nonEmpty(environment.SHIP_RATE) ?? '0',
    SHIP_READ_ONLY: nonEmpty(environment.SHIP_READ_ONLY) ?? 'off',
    DATABASE_MIGRATE: nonEmpty(environment.DATABASE_MIGRATE) ?? 'on',
    SEARCH_TIMEOUT_MS: nonEmpty(environment.SEARCH_TIMEOUT_MS) ?? '10000',
    ANSWER_CACHE_MB: nonEmpty(environment.ANSWER_CACHE_MB) ?? '16',
    RATE_LIMIT_KEY: nonEmpty(environment.RATE_LIMIT_KEY) ?? '60000',
    RATE_LIMIT_ADDRESS: nonEmpty(environment.RATE_LIMIT_ADDRESS) ?? '12000',
    RATE_LIMIT_WRONG_KEYS: nonEmpty(environment.RATE_LIMIT_WRONG_KEYS) ?? '30',
    MAX_CONNECTIONS: nonEmpty(environment.MAX_CONNECTIONS) ?? '1000',
    REQUEST_TIMEOUT_MS: nonEmpty(environment.REQUEST_TIMEOUT_MS) ?? '15000',
    MAX_EVENT_LOOP_DELAY_MS: nonEmpty(environment.MAX_EVENT_LOOP_DELAY_MS) ?? '250',
    STOP_TIMEOUT_MS: nonEmpty(environment.STOP_TIMEOUT_MS) ?? '10000',
    METRICS: nonEmpty(environment.METRICS) ?? 'key',
    OTEL_EXPORTER_OTLP_ENDPOINT: environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? '',
    LOG_LEVEL: nonEmpty(environment.LOG_LEVEL) ?? 'info',
    TRUST_PROXY: nonEmpty(environment.TRUST_PROXY) ?? 'false',
    BASE_PATH: environment.BASE_PATH ?? '',
    CORS_ORIGINS: environment.CORS_ORIGINS ?? '',
    DOCS: nonEmpty(environment.DOCS) ?? 'on',
    CONSOLE: nonEmpty(environment.CONSOLE) ?? 'on',
    MCP: nonEmpty(environment.MCP) ?? 'on',
    OIDC_CONSOLE_CLIENT_ID: nonEmpty(environment.OIDC_CONSOLE_CLIENT_ID) ?? '',
    OIDC_CONSOLE_SCOPE: nonEmpty(environment.OIDC_CONSOLE_SCOPE) ?? 'openid',
  });
  const problems = validateSync(settings, { stopAtFirstError: true }).flatMap((error) =>
    Object.values(error.constraints ?? {}),
  );
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** Absolute paths of a history and of what belongs to it; none of them has to exist. */
export interface HistoryLocation {
  readonly stateDb: string;
  readonly hermesHome: string;
  readonly tokenizer: string;
  /** A program of Node that has a SQLite of its own; empty where there is none. */
  readonly sqliteNode: string;
  /** Where the index of the history is kept, with those of others. */
  readonly indexFolder: string;
}

/** Where the history is: `STATE_DB`, or `state.db` in `HERMES_HOME`, which is `~/.hermes` by default. */
export function historyLocation(environment: Environment): HistoryLocation {
  const home = expandHome(nonEmpty(environment.HERMES_HOME) ?? '~/.hermes');
  const file = nonEmpty(environment.STATE_DB);
  const stateDb = file === undefined ? join(home, 'state.db') : expandHome(file);
  const hermesHome = file === undefined ? home : dirname(stateDb);
  const tokenizer = nonEmpty(environment.HERMES_FTS5_CJK_SO) ?? join(hermesHome, 'lib', 'libfts5_cjk.so');
  const ownNode = isBuiltin('node:sqlite') ? process.execPath : '';
  const sqliteNode = nonEmpty(environment.SQLITE_NODE) ?? ownNode;
  return { stateDb, hermesHome, tokenizer, sqliteNode, indexFolder: indexFolder(environment) };
}

/** The folder of indexes: `INDEX_DIR`, or this program's own cache folder (XDG Base Directory). */
function indexFolder(environment: Environment): string {
  const cache = nonEmpty(environment.XDG_CACHE_HOME) ?? '~/.cache';
  return expandHome(nonEmpty(environment.INDEX_DIR) ?? join(cache, 'hermes-sessions'));
}

/** The folder of what was deleted: `TRASH_DIR`; empty where nothing is kept. */
export function trashFolder(environment: Environment): string {
  const folder = nonEmpty(environment.TRASH_DIR);
  return folder === undefined ? '' : expandHome(folder);
}

/** Whether a path is a folder, or lies in it. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Whether the profiles beside the history are meant as well: `on` or `off`; who names one file means that one. */
export function profilesSetting(environment: Environment): string {
  return nonEmpty(environment.PROFILES) ?? (nonEmpty(environment.STATE_DB) === undefined ? 'on' : 'off');
}

/** The file of further keys: `KEYS_FILE`, or this program's own configuration folder (XDG Base Directory). */
export function keysFile(environment: Environment): string {
  const configuration = nonEmpty(environment.XDG_CONFIG_HOME) ?? '~/.config';
  return expandHome(nonEmpty(environment.KEYS_FILE) ?? join(configuration, 'hermes-sessions', 'keys.json'));
}

/** Where a database is, and how it is used. Times are milliseconds. */
export interface DatabaseLocation {
  readonly url: string;
  /** Databases that follow that one, which are read instead. */
  readonly replicaUrls: readonly string[];
  /** Connections that are open at most, to each. */
  readonly poolSize: number;
  /** How long a query may take, and how long a connection is waited for. */
  readonly timeLimit: number;
}

/** The database that settings name. */
export function databaseOf(settings: Settings): DatabaseLocation {
  return {
    url: settings.DATABASE_URL,
    replicaUrls: settings.DATABASE_REPLICA_URLS,
    poolSize: settings.DATABASE_POOL_SIZE,
    timeLimit: settings.DATABASE_TIMEOUT_MS,
  };
}

/** A new random key, 43 characters of base64url (256 bits). */
export function generateApiKey(): string {
  return randomBytes(32).toString('base64url');
}

function missingKeyMessage(): string {
  return `API_SERVER_KEY is not set. Make one with: openssl rand -base64 32 | tr '+/' '-_' | tr -d '='`;
}

function shortKeyMessage(): string {
  return `API_SERVER_KEY must have at least ${MINIMUM_KEY_LENGTH} characters. Make one with: openssl rand -base64 32 | tr '+/' '-_' | tr -d '='`;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function expandHome(path: string): string {
  return resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path);
}

function toInteger(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
}

function toList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function toTrustProxy(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return { on: 'true', yes: 'true', off: 'false', no: 'false' }[value] ?? value.replaceAll(' ', '');
}

function toSwitch(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const switches: Readonly<Record<string, boolean>> = {
    on: true,
    true: true,
    yes: true,
    1: true,
    off: false,
    false: false,
    no: false,
    0: false,
  };
  return switches[value.toLowerCase()] ?? value;
}
