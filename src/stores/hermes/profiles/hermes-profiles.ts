import { basename, dirname } from 'node:path';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Settings, type HistoryLocation } from '../../../config/settings.js';
import { mayEnter, type SessionAccess } from '../../../domain/access.js';
import type { SessionFeed } from '../../../sessions/session-feed.js';
import type { StoreEvent } from '../../../sessions/session-event.js';
import { StoreObserver } from '../../../sessions/store-observer.js';
import { whyStateDbStandsStill } from '../file/hermes-configuration.js';
import { whyOutOfReach } from '../file/reach.js';
import { HermesProfile } from './hermes-profile.js';
import { findProfiles, ProfileFolderError } from './profile-folders.js';
import { FOLLOWING } from '../waits.js';

/** The name of the profile in Hermes's folder itself. */
const DEFAULT_PROFILE = 'default';

/**
 * The profiles that are served: Hermes's own folder, and those in its `profiles/` folder that have a history. A profile that is added later is served
 * once its index is built; one whose history is gone is not served any more.
 */
@Injectable()
export class HermesProfiles
  implements SessionFeed, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #logger = new Logger(HermesProfiles.name);
  readonly #main: HermesProfile;
  readonly #others = new Map<string, HermesProfile>();
  /** Profiles that were found and whose indexes are being built. */
  readonly #arriving = new Map<string, HermesProfile>();
  /** The problems that kept profiles from being read at the last check. */
  #obstacles: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  /** Is told of all events in all profiles. */
  #listener: ((event: StoreEvent) => void) | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly observer: StoreObserver,
  ) {
    const location = {
      stateDb: settings.STATE_DB,
      hermesHome: settings.HERMES_HOME,
      tokenizer: settings.HERMES_FTS5_CJK_SO,
      sqliteNode: settings.SQLITE_NODE,
      indexFolder: settings.INDEX_DIR,
    };
    this.#main = this.#open(nameOfHome(settings.HERMES_HOME), location);
    if (settings.PROFILES) {
      for (const [name, found] of this.#find() ?? []) this.#others.set(name, this.#open(name, found));
    }
  }

  /** The profile in Hermes's own folder. */
  get main(): HermesProfile {
    return this.#main;
  }

  /** All served profiles: the main one first, the others by name. */
  get all(): readonly HermesProfile[] {
    const others = [...this.#others.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return [this.#main, ...others];
  }

  /** The profiles that the caller may know of. */
  allowed(access: SessionAccess): readonly HermesProfile[] {
    return this.all.filter(({ name }) => mayEnter(access, { profile: name, origin: null }));
  }

  /** None, since the files themselves are read. */
  get position(): undefined {
    return undefined;
  }

  /** Follows all profiles, including later ones; see {@link SessionFeed}. */
  async follow(listener: (event: StoreEvent) => void): Promise<void> {
    this.#listener = listener;
    await Promise.all(this.all.map((profile) => profile.events.start(listener)));
  }

  unfollow(): void {
    this.#listener = undefined;
    for (const profile of this.all) profile.events.stop();
  }

  async onApplicationBootstrap(): Promise<void> {
    for (const profile of this.all) profile.index.start();
    await Promise.all(this.all.map((profile) => this.#warnOfStandingStill(profile)));
    if (!this.settings.PROFILES) return;
    this.#timer = setInterval(() => {
      this.#discover();
    }, FOLLOWING.profiles);
    this.#timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
    for (const profile of [...this.all, ...this.#arriving.values()]) profile.stopFollowing();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.all, ...this.#arriving.values()].map((profile) => profile.close()));
  }

  #open(name: string, location: HistoryLocation): HermesProfile {
    return new HermesProfile(name, location, this.settings.SEARCH_TIMEOUT_MS, this.observer);
  }

  #discover(): void {
    const found = this.#find();
    // The known profiles may still exist.
    if (found === undefined) return;
    for (const [name, location] of found) {
      if (!this.#others.has(name) && !this.#arriving.has(name))
        void this.#welcome(this.#open(name, location));
    }
    for (const known of [this.#others, this.#arriving]) {
      for (const [name, profile] of known) {
        if (found.has(name)) continue;
        known.delete(name);
        this.#dismiss(profile);
      }
    }
  }

  /** A broken profile is served as well: requests then report the failure. */
  async #welcome(profile: HermesProfile): Promise<void> {
    const { name } = profile;
    this.#arriving.set(name, profile);
    await Promise.all([this.#warnOfStandingStill(profile), profile.index.prepared()]);
    if (this.#arriving.get(name) !== profile) return;
    this.#arriving.delete(name);
    this.#others.set(name, profile);
    this.#logger.log(`The profile ${name} is served.`);
    if (this.#listener !== undefined) await profile.events.start(this.#listener);
    this.#listener?.({ kind: 'reset', profile: name, origin: null });
  }

  #dismiss(profile: HermesProfile): void {
    profile.stopFollowing();
    this.#logger.log(`The profile ${profile.name} is gone.`);
    this.#listener?.({ kind: 'reset', profile: profile.name, origin: null });
    profile.close().catch((error: unknown) => {
      this.#logger.warn(`The profile ${profile.name} could not be closed: ${String(error)}`);
    });
  }

  /**
   * The profiles currently in the folder; undefined if it cannot be read. Omits a folder with the name of the main profile, which callers could not
   * tell from it.
   */
  #find(): ReadonlyMap<string, HistoryLocation> | undefined {
    try {
      const found = findProfiles(this.#main.location);
      const others = new Map([...found].filter(([name]) => name !== this.#main.name));
      this.#warnOnce([...others].flatMap(outOfReach));
      return others;
    } catch (error) {
      if (!(error instanceof ProfileFolderError)) throw error;
      this.#warnOnce([error.message]);
      return undefined;
    }
  }

  /** @param obstacles all problems that currently keep profiles from being read. */
  #warnOnce(obstacles: readonly string[]): void {
    for (const obstacle of obstacles) if (!this.#obstacles.has(obstacle)) this.#logger.warn(obstacle);
    this.#obstacles = new Set(obstacles);
  }

  /** Warns if Hermes keeps its history elsewhere, since callers would not see new sessions here. */
  async #warnOfStandingStill({ name, location }: HermesProfile): Promise<void> {
    const reason = await whyStateDbStandsStill(location.hermesHome);
    if (reason !== null) this.#logger.warn(`The profile ${name} is not current: ${reason}`);
  }
}

function outOfReach([name, { stateDb }]: readonly [string, HistoryLocation]): readonly string[] {
  const refusal = whyOutOfReach(stateDb);
  return refusal === undefined
    ? []
    : [`The profile ${name} cannot be read: ${stateDb} cannot be reached (${refusal}).`];
}

/** A profile's folder can also be served alone, under its own name. */
function nameOfHome(hermesHome: string): string {
  return basename(dirname(hermesHome)) === 'profiles' ? basename(hermesHome) : DEFAULT_PROFILE;
}
