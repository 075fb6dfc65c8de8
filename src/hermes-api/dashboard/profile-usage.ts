import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { epochSeconds } from '../../domain/instant.js';
import { SessionReader } from '../../sessions/session-reader.js';
import { roundedCost } from '../../sessions/session-statistics.js';
import type { SessionAccess } from '../../domain/access.js';
import type { ScopedProfile } from '../profile-scope.js';
import { askEach, type AnswersOfProfiles } from './ask-each.js';

/** Maximum number of cached usages; each is for one access. */
const REMEMBERED = 500;

/** Usage of a profile's sessions, in the dashboard's format. */
export interface UsageOfProfile {
  /** Sum of input and output. */
  readonly tokens: number;
  /** US dollars. */
  readonly cost_usd: number;
}

/** Counts the usage of profiles. Every load of the sidebar needs it, so it is cached per revision of the history. */
@Injectable()
export class ProfileUsage {
  readonly #known = new LRUCache<string, { readonly revision: string; readonly usage: UsageOfProfile }>({
    max: REMEMBERED,
  });

  constructor(private readonly reader: SessionReader) {}

  async of(profiles: readonly ScopedProfile[]): Promise<AnswersOfProfiles<UsageOfProfile>> {
    const revision = await this.#revision();
    return askEach(profiles, ({ access }) => this.#usage(access, revision));
  }

  async #usage(access: SessionAccess, revision: string | undefined): Promise<UsageOfProfile> {
    const key = JSON.stringify(access);
    const known = this.#known.get(key);
    if (known !== undefined && known.revision === revision) return known.usage;
    const usage = await this.#count(access);
    // Cache only if the revision is the same before and after counting.
    if (revision !== undefined && revision === (await this.#revision()))
      this.#known.set(key, { revision, usage });
    return usage;
  }

  async #count(access: SessionAccess): Promise<UsageOfProfile> {
    const { total } = await this.reader.statistics({ access, timeZone: 'utc', activeSince: epochSeconds() });
    return {
      tokens: (total.inputTokens ?? 0) + (total.outputTokens ?? 0),
      cost_usd: roundedCost(total.cost ?? 0),
    };
  }

  /** Ignored here: counting meets the same failure. */
  #revision(): Promise<string | undefined> {
    return this.reader.revision().catch(() => undefined);
  }
}
