import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { SessionReader } from '../../sessions/session-reader.js';
import { roundedCost } from '../../sessions/session-statistics.js';
import type { SessionAccess } from '../../sessions/session-access.js';
import type { ScopedProfile } from '../profile-scope.js';
import { askEach, type AnswersOfProfiles } from './ask-each.js';
import { epochSeconds } from './dashboard-request.js';

/** Callers and profiles whose usage is remembered. */
const REMEMBERED = 500;

/** What the sessions of a profile have used, in the words of Hermes's dashboard. */
export interface UsageOfProfile {
  /** Input and output together. */
  readonly tokens: number;
  /** US dollars. */
  readonly cost_usd: number;
}

/** What profiles have used: every look at the sidebar asks for it, so it is counted once for each state of the history. */
@Injectable()
export class ProfileUsage {
  readonly #known = new LRUCache<string, { readonly revision: string; readonly usage: UsageOfProfile }>({
    max: REMEMBERED,
  });

  constructor(@Inject(SessionReader) private readonly reader: SessionReader) {}

  async of(profiles: readonly ScopedProfile[]): Promise<AnswersOfProfiles<UsageOfProfile>> {
    const revision = await this.#revision();
    return askEach(profiles, ({ access }) => this.#usage(access, revision));
  }

  async #usage(access: SessionAccess, revision: string | undefined): Promise<UsageOfProfile> {
    const key = JSON.stringify(access);
    const known = this.#known.get(key);
    if (known !== undefined && known.revision === revision) return known.usage;
    const usage = await this.#count(access);
    // Only what was counted while the store stood still is known to be true for a revision.
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

  /** Where the history cannot be read, whoever counts meets that as well. */
  #revision(): Promise<string | undefined> {
    return this.reader.revision().catch(() => undefined);
  }
}
