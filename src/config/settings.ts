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
  ValidateIf,
  validateSync,
  ValidatorConstraint,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { realPath } from './real-path.js';
import { TrustedProxies } from './trusted-proxies.js';

/** The environment variables that the server reads, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** Shorter keys could be guessed by trying. */
const MINIMUM_KEY_LENGTH = 16;

/** `value=scope+scope`, where the scopes are those of the API's keys and all_users. */
const SCOPE_MAPPING =
  /^.+=(sessions:(read|write|delete)|metrics|all_users)(\+(sessions:(read|write|delete)|metrics|all_users))*$/;

/** Without an audience, tokens issued for other servers would be accepted. */
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

/** Deleted sessions are kept outside the folder that Hermes reads, cleans and backs up. */
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

/** All settings, read once at the start. Properties have the names of their environment variables, so that an error names what to fix. */
export class Settings {
  /** Absolute path of the `state.db` to serve: `STATE_DB`, or `state.db` in `HERMES_HOME`. */
  @IsString()
  STATE_DB!: string;

  /** Hermes's folder; transcript files are in its `sessions/` folder. */
  @IsString()
  HERMES_HOME!: string;

  /** Whether the profiles in the `profiles/` folder of {@link HERMES_HOME} are served as well. */
  @Switch()
  PROFILES!: boolean;

  /** Hermes's CJK tokenizer, a loadable SQLite extension; the file need not exist. */
  @IsString()
  HERMES_FTS5_CJK_SO!: string;

  /** A Node.js executable with a built-in SQLite (22.13 or newer), for files that the driver cannot read; empty if there is none. */
  @IsString()
  SQLITE_NODE!: string;

  /** The folder of the indexes. */
  @IsString()
  INDEX_DIR!: string;

  /** The folder of the trash, where deleted sessions are kept for a while; empty keeps none. */
  @Validate(OutsideOfHermes)
  TRASH_DIR!: string;

  /** Days that sessions stay in the trash. */
  @WholeNumber(1, 3650)
  TRASH_DAYS = 30;

  /** Maximum size of the trash in MiB; the oldest sessions are removed first. */
  @WholeNumber(1, 1_048_576)
  TRASH_MB = 1024;

  /** Address to listen on. */
  @IsString()
  @MinLength(1, { message: 'HOST must be an address to listen on, for example 127.0.0.1.' })
  HOST = '127.0.0.1';

  /** TCP port to listen on; 0 takes a free one. */
  @WholeNumber(0, 65_535)
  PORT = 8643;

  /** The key that callers send as `Authorization: Bearer <key>`. */
  @Matches(/^[\x21-\x7e]*$/, {
    message: 'API_SERVER_KEY may hold only visible ASCII characters, without spaces.',
  })
  @MinLength(MINIMUM_KEY_LENGTH, { message: shortKeyMessage })
  // Decorators are checked from the property upwards, and the first message is shown.
  @IsString({ message: missingKeyMessage })
  API_SERVER_KEY!: string;

  /** Absolute path of the file with further keys; it need not exist. */
  @IsString()
  KEYS_FILE!: string;

  /** The Hermes API server to which all other API paths are proxied, without a trailing slash; empty for none. */
  @WithoutSlash()
  @Matches(/^(https?:\/\/[^\s/?#]+(\/[^\s?#]*)?)?$/, {
    message: 'HERMES_UPSTREAM_URL must be a URL such as http://127.0.0.1:8642.',
  })
  HERMES_UPSTREAM_URL = '';

  /** The key of that server; by default the API server's, which has a check of its own. */
  @ValidateIf(({ HERMES_UPSTREAM_KEY, API_SERVER_KEY }: Settings) => HERMES_UPSTREAM_KEY !== API_SERVER_KEY)
  @Matches(/^[\x21-\x7e]*$/, { message: 'HERMES_UPSTREAM_KEY may hold only visible ASCII characters.' })
  HERMES_UPSTREAM_KEY!: string;

  /** The OpenID Connect issuer whose tokens are accepted, exactly as its tokens name it; empty accepts none. */
  @Matches(/^(https:\/\/\S+|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/\S*)?)?$/, {
    message: 'OIDC_ISSUER must be an https URL, such as https://login.example.com/realms/staff.',
  })
  OIDC_ISSUER = '';

  /** The audience (`aud`) that tokens must have. */
  @Validate(RequiredWithIssuer)
  OIDC_AUDIENCE = '';

  /** Address of the issuer's keys; if empty, taken from its discovery document. */
  @Matches(/^(https:\/\/\S+|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/\S*)?)?$/, {
    message: 'OIDC_JWKS_URL must be an https URL.',
  })
  OIDC_JWKS_URL = '';

  /** The claim with a token's scopes. */
  @IsString()
  OIDC_SCOPES_CLAIM = 'scope';

  /** Maps values of that claim to scopes; if empty, each value is a scope itself. */
  @List()
  @Matches(SCOPE_MAPPING, {
    each: true,
    message:
      'OIDC_SCOPE_MAP must be pairs such as history-readers=sessions:read+all_users, separated by commas; scopes are sessions:read, sessions:write, sessions:delete, metrics and all_users.',
  })
  OIDC_SCOPE_MAP: readonly string[] = [];

  /** The claim with the `user_id` whose sessions a token may access. */
  @IsString()
  OIDC_USER_CLAIM = 'sub';

  /** The claims with the platforms and the profiles that a token may access; empty for no limit. */
  @IsString()
  OIDC_PLATFORMS_CLAIM = '';

  @IsString()
  OIDC_PROFILES_CLAIM = '';

  /** The claim with the hosts that a token may access; empty for no limit. */
  @IsString()
  OIDC_ORIGINS_CLAIM = '';

  /** The PostgreSQL database to serve instead of a state.db; empty for none. */
  @Matches(/^(postgres(ql)?:\/\/\S+)?$/, {
    message:
      'DATABASE_URL must be a URL such as postgres://user:password@db.example.com:5432/hermes?sslmode=verify-full.',
  })
  DATABASE_URL = '';

  /** Replicas of that database, which are read instead. */
  @List()
  @Matches(/^postgres(ql)?:\/\/\S+$/, {
    each: true,
    message: 'DATABASE_REPLICA_URLS must be URLs such as postgres://…, separated by commas.',
  })
  DATABASE_REPLICA_URLS: readonly string[] = [];

  /** Maximum number of open connections to the database. */
  @WholeNumber(1, 1000)
  DATABASE_POOL_SIZE = 10;

  /** Time limit of a query, in milliseconds. It also limits the wait for a connection, which is at most 5 s. */
  @WholeNumber(100, 600_000)
  DATABASE_TIMEOUT_MS = 10_000;

  /** The name of this host in the database. */
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, {
    message: 'ORIGIN must be a name of letters, digits, dots, dashes and underscores.',
  })
  ORIGIN = hostname();

  /** Maximum number of messages per second that are shipped to the database; 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  SHIP_RATE = 0;

  /** Whether `ship` only reads the history: changes made in the database are then refused, and undone there. */
  @Switch()
  SHIP_READ_ONLY = false;

  /** Whether the server migrates the database to its own layout when it starts. */
  @Switch()
  DATABASE_MIGRATE = true;

  /** Time limit of a search, in milliseconds. */
  @WholeNumber(100, 600_000)
  SEARCH_TIMEOUT_MS = 10_000;

  /** Memory for answers that are cached while the history is unchanged, in MiB; 0 caches none. */
  @WholeNumber(0, 4096)
  ANSWER_CACHE_MB = 16;

  /** Requests per minute with one key, from all addresses together; 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  RATE_LIMIT_KEY = 60_000;

  /** Requests per minute from one address (IPv6: one /64 network); 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  RATE_LIMIT_ADDRESS = 12_000;

  /** Wrong keys per minute from one address, after which further keys from it are refused; 0 for no limit. */
  @WholeNumber(0, 1_000_000)
  RATE_LIMIT_WRONG_KEYS = 30;

  /**
   * Maximum number of connections. Beyond it, idle connections are closed, and requests other than probes are refused. One key or one address may use
   * half.
   */
  @WholeNumber(1, 100_000)
  MAX_CONNECTIONS = 1000;

  /** Time limit for a request to arrive, headers and body together, in milliseconds. */
  @WholeNumber(100, 600_000)
  REQUEST_TIMEOUT_MS = 15_000;

  /** Event loop delay, averaged over a second, beyond which requests are refused, in milliseconds; 0 never refuses. */
  @WholeNumber(0, 60_000)
  MAX_EVENT_LOOP_DELAY_MS = 250;

  /** How long running requests may continue after a stop signal, in milliseconds. */
  @WholeNumber(0, 600_000)
  STOP_TIMEOUT_MS = 10_000;

  /** Who may read `/metrics`: keys with that scope, everybody, or nobody. */
  @IsIn(['key', 'public', 'off'], { message: 'METRICS must be key, public or off.' })
  METRICS: 'key' | 'public' | 'off' = 'key';

  /** The OpenTelemetry collector for traces (OTLP over HTTP), without a trailing slash; empty for none. */
  @WithoutSlash()
  @Matches(/^(https?:\/\/[^\s/?#]+(\/[^\s?#]*)?)?$/, {
    message: 'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://127.0.0.1:4318.',
  })
  OTEL_EXPORTER_OTLP_ENDPOINT = '';

  /** Least severe level that is logged. */
  @IsIn(LOG_LEVELS, { message: `LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.` })
  LOG_LEVEL: LogLevel = 'info';

  /** The proxies whose `X-Forwarded-*` headers are trusted: false for none, true for any, or a comma-separated list of addresses and networks. */
  @From(toTrustProxy)
  @Validate(TrustedProxies)
  TRUST_PROXY = 'false';

  /** Path prefix of every route: empty, or `/path` without a trailing slash. */
  @WithoutSlash()
  // Clients resolve the segments . and .. before they send a request.
  @Matches(/^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*$/, {
    message: 'BASE_PATH must be empty or a path such as /hermes or /tools/hermes.',
  })
  BASE_PATH = '';

  /** Origins from which browsers and web-based apps may call; empty disables CORS. */
  @List()
  // The origin "null" is refused: any page can have it.
  @Matches(/^(\*|[a-z][a-z0-9+.-]*:\/\/[^/\s,]+)$/, {
    each: true,
    message:
      'CORS_ORIGINS must be * or origins such as https://app.example.com or app://obsidian.md, without a slash at their end, separated by commas.',
  })
  CORS_ORIGINS: readonly string[] = [];

  /** Whether `/docs` and `/openapi.json` are served. */
  @Switch()
  DOCS = true;

  /** Whether the console is served at `/console/`. */
  @Switch()
  CONSOLE = true;

  /** Whether agents may use `/mcp`. */
  @Switch()
  MCP = true;

  /** The console's client id at the issuer, for a public client; if empty, people sign in with keys only. */
  @Validate(OnlyWithIssuer)
  OIDC_CONSOLE_CLIENT_ID = '';

  /** The scopes that the console asks the issuer for, separated by spaces. */
  @IsString()
  OIDC_CONSOLE_SCOPE = 'openid';
}

/** Converts the text of a variable; a default value stays as it is. */
function From(convert: (text: string) => unknown): PropertyDecorator {
  return Transform(({ value }: { readonly value: unknown }) =>
    typeof value === 'string' ? convert(value) : value,
  );
}

/** `on` or `off`. */
function Switch(): PropertyDecorator {
  return (target, name) => {
    From(toSwitch)(target, name);
    IsBoolean({ message: `${String(name)} must be on or off.` })(target, name);
  };
}

/** A list of texts, separated by commas. */
function List(): PropertyDecorator {
  return From(toList);
}

/** A URL or path whose trailing slashes are removed. */
function WithoutSlash(): PropertyDecorator {
  return From((text) => text.replace(/\/+$/, ''));
}

/** A whole number between two inclusive bounds. */
function WholeNumber(least: number, most: number): PropertyDecorator {
  return (target, name) => {
    const options = { message: `${String(name)} must be a whole number from ${least} to ${most}.` };
    From(toInteger)(target, name);
    for (const check of [IsInt(options), Min(least, options), Max(most, options)]) check(target, name);
  };
}

/** Errors in the settings: one sentence each, without secrets. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
  }
}

/**
 * Reads and validates the settings.
 * @throws {SettingsError} that lists every problem at once.
 */
export function readSettings(environment: Environment): Settings {
  const location = historyLocation(environment);
  const settings = plainToInstance(Settings, {
    ...namedIn(environment),
    STATE_DB: location.stateDb,
    HERMES_HOME: location.hermesHome,
    HERMES_FTS5_CJK_SO: location.tokenizer,
    SQLITE_NODE: location.sqliteNode,
    INDEX_DIR: location.indexFolder,
    TRASH_DIR: trashFolder(environment),
    // An explicit STATE_DB selects that file alone.
    PROFILES: profilesSetting(environment),
    API_SERVER_KEY: nonEmpty(environment.API_SERVER_KEY),
    KEYS_FILE: keysFile(environment),
    HERMES_UPSTREAM_KEY:
      nonEmpty(environment.HERMES_UPSTREAM_KEY) ?? nonEmpty(environment.API_SERVER_KEY) ?? '',
  });
  const problems = validateSync(settings, { stopAtFirstError: true }).flatMap((error) =>
    Object.values(error.constraints ?? {}),
  );
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** Absolute paths of a history and of the files that belong to it; none of them has to exist. */
export interface HistoryLocation {
  readonly stateDb: string;
  readonly hermesHome: string;
  readonly tokenizer: string;
  /** A Node.js executable with a built-in SQLite; empty if there is none. */
  readonly sqliteNode: string;
  /** The folder of the index, shared with those of other histories. */
  readonly indexFolder: string;
}

/** The location of the history: `STATE_DB`, or `state.db` in `HERMES_HOME`, which is `~/.hermes` by default. */
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

/** The index folder: `INDEX_DIR`, or this program's own cache folder (XDG Base Directory). */
function indexFolder(environment: Environment): string {
  const cache = nonEmpty(environment.XDG_CACHE_HOME) ?? '~/.cache';
  return expandHome(nonEmpty(environment.INDEX_DIR) ?? join(cache, 'hermes-sessions'));
}

/** The trash folder: `TRASH_DIR`; empty if there is no trash. */
export function trashFolder(environment: Environment): string {
  const folder = nonEmpty(environment.TRASH_DIR);
  return folder === undefined ? '' : expandHome(folder);
}

/** Whether a path is the folder, or inside it. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/** Whether the profiles beside the history are included: `on` or `off`. By default an explicit `STATE_DB` excludes them. */
export function profilesSetting(environment: Environment): string {
  return nonEmpty(environment.PROFILES) ?? (nonEmpty(environment.STATE_DB) === undefined ? 'on' : 'off');
}

/** The key file: `KEYS_FILE`, or a file in this program's configuration folder (XDG Base Directory). */
export function keysFile(environment: Environment): string {
  const configuration = nonEmpty(environment.XDG_CONFIG_HOME) ?? '~/.config';
  return expandHome(nonEmpty(environment.KEYS_FILE) ?? join(configuration, 'hermes-sessions', 'keys.json'));
}

/** A database's address, and limits of its use. Times are in milliseconds. */
export interface DatabaseLocation {
  readonly url: string;
  /** Replicas, which are read instead. */
  readonly replicaUrls: readonly string[];
  /** Maximum number of open connections to each server. */
  readonly poolSize: number;
  /** Time limit of a query, and of the wait for a connection. */
  readonly timeLimit: number;
}

/** The configured database. */
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

/** The variables that are set, of those whose default stands at the property. */
function namedIn(environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(new Settings()).flatMap((name) => {
      const value = nonEmpty(environment[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function expandHome(path: string): string {
  return resolve(path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path);
}

function toInteger(text: string): number | string {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

function toList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function toTrustProxy(text: string): string {
  return { on: 'true', yes: 'true', off: 'false', no: 'false' }[text] ?? text.replaceAll(' ', '');
}

/** The words for on and off. */
const SWITCHES: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  1: true,
  off: false,
  false: false,
  no: false,
  0: false,
};

function toSwitch(text: string): boolean | string {
  return SWITCHES[text.toLowerCase()] ?? text;
}
