import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import type { Session } from '../../domain/session.js';
import type { SessionAccess } from '../../domain/access.js';
import { epochSeconds } from '../../domain/instant.js';
import type { SessionFilter, SessionSort } from '../../sessions/session-query.js';
import { HermesSessionsService, type HermesPage } from '../hermes-sessions.service.js';
import { numberIn, textIn, textsIn, type LenientQuery } from '../lenient-query.js';
import { ProfileScope, type ScopedProfiles } from '../profile-scope.js';
import { askEach, type UnreadableProfile } from './ask-each.js';
import { filterIn, numbersIn, sortIn, type PageNumbers } from './dashboard-request.js';
import { toListedSession, type DashboardObject } from './dashboard.presenter.js';
import { ListedRows } from './listed-rows.js';
import { ProfileUsage } from './profile-usage.js';

/** Default sizes of the sidebar's parts, and their maximum. */
const SIDEBAR = { recents: 20, cron: 50, messaging: 100, most: 200 } as const;

/** Hermes's combined lists of several profiles. */
@Injectable()
export class ProfileListsService {
  constructor(
    private readonly hermes: HermesSessionsService,
    private readonly scope: ProfileScope,
    private readonly usage: ProfileUsage,
    private readonly rows: ListedRows,
  ) {}

  /** One page of the conversations of one profile, or of all combined. */
  async list(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const numbers = numbersIn(query, 'mostOfProfiles');
    const profiles = await this.#profilesIn(query, 'profile', caller);
    const filterOf = (access: SessionAccess): SessionFilter => filterIn(query, access);
    const page = await this.#pageOf(profiles, { filterOf, sort: sortIn(query), ...numbers });
    const { totals, errors } = page;
    return {
      sessions: await this.rows.of(page.sessions, query, caller),
      total: sum(totals.values()),
      profile_totals: Object.fromEntries(totals),
      ...numbers,
      errors,
    };
  }

  /** The three lists of the desktop's sidebar. */
  async sidebar(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const profiles = await this.#profilesIn(query, 'recents_profile', caller);
    const part = (
      name: 'recents' | 'cron' | 'messaging',
      more: Partial<SessionFilter>,
    ): Promise<SidebarPart> =>
      this.#sidebarPart(profiles, more, numberIn(query, `${name}_limit`, SIDEBAR[name], SIDEBAR.most));
    const now = epochSeconds();
    const entries = ({ sessions }: SidebarPart): readonly DashboardObject[] =>
      sessions.map((session) => toListedSession(session, now));
    const [usage, recents, cron, messaging] = await Promise.all([
      this.usage.of(profiles.each),
      part('recents', { exceptPlatforms: textsIn(query, 'recents_exclude') }),
      part('cron', { platforms: ['cron'] }),
      part('messaging', { exceptPlatforms: textsIn(query, 'messaging_exclude') }),
    ]);
    return {
      recents: {
        sessions: entries(recents),
        profiles_truncated: Object.fromEntries(
          [...recents.totals].map(([profile, total]) => [profile, total > recents.limit]),
        ),
        profiles_usage: Object.fromEntries(usage.answers),
      },
      cron: { sessions: entries(cron) },
      messaging: { sessions: entries(messaging), total: sum(messaging.totals.values()) },
      errors: recents.errors,
    };
  }

  /** The profiles that a parameter selects: one, or all. */
  async #profilesIn(query: LenientQuery, parameter: string, { access }: Principal): Promise<ScopedProfiles> {
    const name = textIn(query, parameter);
    if (name === undefined || name === 'all') return this.scope.all(access);
    const together = await this.scope.inDashboard(access, name);
    return { together, each: [{ name, access: together }] };
  }

  /** One page of the combined lists of all readable profiles, followed by their pinned sessions, with the length of each profile's list. */
  async #pageOf(
    { together, each }: ScopedProfiles,
    { filterOf, ...request }: ListRequest,
  ): Promise<ProfilesPage> {
    const page = (): Promise<HermesPage> =>
      this.hermes.page({
        ...request,
        filter: filterOf(together),
        withRows: true,
        profiles: each.map(({ name }) => name),
      });
    if (each.length === 1) {
      const { answers, errors } = await askEach(each, page);
      const totals = new Map([...answers].map(([name, { total }]) => [name, total]));
      return { sessions: [...answers.values()].flatMap(({ sessions }) => sessions), totals, errors };
    }
    const { answers: totals, errors } = await askEach(each, ({ access }) =>
      this.hermes.count(filterOf(access)),
    );
    return { sessions: totals.size === 0 ? [] : (await page()).sessions, totals, errors };
  }

  async #sidebarPart(
    profiles: ScopedProfiles,
    more: Partial<SessionFilter>,
    limit: number,
  ): Promise<SidebarPart> {
    const filterOf = (access: SessionAccess): SessionFilter => ({
      access,
      archived: 'false',
      includeChildren: false,
      minMessages: 1,
      ...more,
    });
    const page = await this.#pageOf(profiles, { filterOf, sort: '-last_active_at', limit, offset: 0 });
    return { ...page, limit };
  }
}

/** A request for a page. */
interface ListRequest extends PageNumbers {
  /** The filter of the list, given the access to it. */
  readonly filterOf: (access: SessionAccess) => SessionFilter;
  readonly sort: SessionSort;
}

interface ProfilesPage {
  readonly sessions: readonly Session[];
  /** Length of each profile's list, by profile name. */
  readonly totals: ReadonlyMap<string, number>;
  readonly errors: readonly UnreadableProfile[];
}

interface SidebarPart extends ProfilesPage {
  readonly limit: number;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
