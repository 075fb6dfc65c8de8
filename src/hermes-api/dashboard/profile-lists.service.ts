import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import type { Session } from '../../domain/session.js';
import type { SessionAccess } from '../../sessions/session-access.js';
import type { SessionFilter, SessionSort } from '../../sessions/session-query.js';
import { HermesSessionsService, type HermesPage } from '../hermes-sessions.service.js';
import { numberIn, textIn, textsIn, type LenientQuery } from '../lenient-query.js';
import { ProfileScope, type ScopedProfile } from '../profile-scope.js';
import { epochSeconds, filterIn, numbersIn, sortIn, type PageNumbers } from './dashboard-request.js';
import { toListedSession, type DashboardObject } from './dashboard.presenter.js';
import { ProfileUsage } from './profile-usage.js';

/** How many entries each part of the sidebar has, unless it is said. */
const SIDEBAR = { recents: 20, cron: 50, messaging: 100, most: 200 } as const;

/** Hermes's lists of several profiles together. */
@Injectable()
export class ProfileListsService {
  constructor(
    @Inject(HermesSessionsService) private readonly hermes: HermesSessionsService,
    @Inject(ProfileScope) private readonly scope: ProfileScope,
    @Inject(ProfileUsage) private readonly usage: ProfileUsage,
  ) {}

  /** One page of the conversations of one profile, or of all together. */
  async list(query: LenientQuery, caller: Principal): Promise<DashboardObject> {
    const numbers = numbersIn(query, 'mostOfProfiles');
    const profiles = await this.#profilesIn(query, 'profile', caller);
    const pages = await this.#pagesOf(profiles, (access) => filterIn(query, access), sortIn(query), numbers);
    const totals = pages.map(({ profile, total }) => [profile, total] as const);
    return {
      sessions: this.#merged(pages, sortIn(query), numbers),
      total: sum(totals.map(([, total]) => total)),
      profile_totals: Object.fromEntries(totals),
      ...numbers,
      errors: [],
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
    const [usage, recents, cron, messaging] = await Promise.all([
      this.usage.of(profiles),
      part('recents', { exceptPlatforms: textsIn(query, 'recents_exclude') }),
      part('cron', { platforms: ['cron'] }),
      part('messaging', { exceptPlatforms: textsIn(query, 'messaging_exclude') }),
    ]);
    return {
      recents: {
        sessions: recents.sessions,
        profiles_truncated: Object.fromEntries(
          recents.pages.map(({ profile, total }) => [profile, total > recents.limit]),
        ),
        profiles_usage: usage,
      },
      cron: { sessions: cron.sessions },
      messaging: { sessions: messaging.sessions, total: sum(messaging.pages.map(({ total }) => total)) },
      errors: [],
    };
  }

  /** The profiles that a parameter names: one, or all. */
  async #profilesIn(
    query: LenientQuery,
    parameter: string,
    { access }: Principal,
  ): Promise<readonly ScopedProfile[]> {
    const name = textIn(query, parameter);
    if (name === undefined || name === 'all') return this.scope.all(access);
    return [{ name, access: await this.scope.inDashboard(access, name) }];
  }

  /** The beginning of each profile's list, as far as a page of all together can reach into it. */
  #pagesOf(
    profiles: readonly ScopedProfile[],
    filterOf: (access: SessionAccess) => SessionFilter,
    sort: SessionSort,
    { limit, offset }: PageNumbers,
  ): Promise<readonly ProfilePage[]> {
    return Promise.all(
      profiles.map(async ({ name: profile, access }) => {
        const page = await this.hermes.page({
          filter: filterOf(access),
          sort,
          limit: offset + limit,
          offset: 0,
          withRows: true,
        });
        return { profile, own: Math.min(offset + limit, page.total), ...page };
      }),
    );
  }

  /** One page of several lists together, and behind it what is pinned in any of them. */
  #merged(
    pages: readonly ProfilePage[],
    sort: SessionSort,
    { limit, offset }: PageNumbers,
  ): readonly DashboardObject[] {
    const order = orderOf(sort);
    const listed = pages.flatMap(({ sessions, own }) => sessions.slice(0, own)).sort(order);
    const page = listed.slice(offset, offset + limit);
    const pinned = pages.flatMap(({ sessions }) => sessions.filter((session) => session.pinned));
    const rest = [...new Set(pinned)].filter((session) => !page.includes(session)).sort(order);
    const now = epochSeconds();
    return [...page, ...rest].map((session) => toListedSession(session, now));
  }

  async #sidebarPart(
    profiles: readonly ScopedProfile[],
    more: Partial<SessionFilter>,
    limit: number,
  ): Promise<SidebarPart> {
    const filterOf = (access: SessionAccess): SessionFilter => ({
      ...{ access, archived: 'false', includeChildren: false, minMessages: 1 },
      ...more,
    });
    const numbers = { limit, offset: 0 };
    const pages = await this.#pagesOf(profiles, filterOf, '-last_active_at', numbers);
    return { pages, limit, sessions: this.#merged(pages, '-last_active_at', numbers) };
  }
}

interface ProfilePage extends HermesPage {
  readonly profile: string;
  /** How many of its sessions are the page itself; those behind are pinned ones. */
  readonly own: number;
}

interface SidebarPart {
  readonly pages: readonly ProfilePage[];
  readonly limit: number;
  readonly sessions: readonly DashboardObject[];
}

function orderOf(sort: SessionSort): (a: Session, b: Session) => number {
  const key = ({ startedAt, lastActiveAt }: Session): number =>
    (sort === '-started_at' ? startedAt : lastActiveAt) ?? -1;
  return (a, b) => key(b) - key(a);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
