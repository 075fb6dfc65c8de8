import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Cursor } from '../../domain/cursor.js';
import type { Message } from '../../domain/message.js';
import type { SessionDetail, StoredRow } from '../../domain/session.js';
import { DomainError } from '../../domain/errors.js';
import { mergePlans } from '../../sessions/prune/plan-draft.js';
import type { NewFork, NewSession } from '../../sessions/session-creation.js';
import type { ImportedSession, ImportOutcome } from '../../sessions/session-import.js';
import type { TakenSessions } from '../../sessions/trash/kept-session.js';
import type { ProfileName, SessionAccess } from '../../domain/access.js';
import {
  CHANGE_LIMIT,
  refused,
  type BulkOutcome,
  type BulkRequest,
  type DeletedSession,
  type DeletionOptions,
  type TakeOptions,
} from '../../sessions/bulk/session-bulk.js';
import {
  type PlannedConversation,
  type PruneAction,
  type PrunePlan,
  type PruneSelection,
} from '../../sessions/prune/session-prune.js';
import type { SelectedSessions } from '../../sessions/selected-sessions.js';
import {
  ALL_ENTRIES,
  type FoundRequest,
  type MessageHitPage,
  type MessagePage,
  type MessagePageRequest,
  type MessageSearchRequest,
  type SessionChanges,
  type SessionPage,
  type SessionPageRequest,
  type WholeTranscript,
} from '../../sessions/session-query.js';
import {
  mergeStatistics,
  type SessionStatistics,
  type StatisticsRequest,
} from '../../sessions/session-statistics.js';
import {
  SessionsRepository,
  type ChangeContext,
  type PruneContext,
  type SessionChangeContext,
} from '../../sessions/sessions.repository.js';
import { gather } from './profiles/gather.js';
import type { HermesProfile } from './profiles/hermes-profile.js';
import { HermesProfiles } from './profiles/hermes-profiles.js';
import { mergeEntries, mergePages, mergePlaces, placeBehind } from './profiles/merged-page.js';

/** The sessions of Hermes's profiles. */
@Injectable()
export class HermesSessionsRepository extends SessionsRepository {
  readonly #logger = new Logger(HermesSessionsRepository.name);

  constructor(private readonly profiles: HermesProfiles) {
    super();
  }

  async list(request: SessionPageRequest): Promise<SessionPage> {
    const allowed = this.profiles.allowed(request.filter.access);
    const [only] = allowed;
    if (only !== undefined && allowed.length === 1) return only.lists.page(request);
    const { start, sort, limit } = request;
    const from = 'after' in start ? start : await this.#placeAt(allowed, request, start.offset);
    const { answers, unavailable } = await gather(allowed, (profile) =>
      profile.lists.page({ ...request, ...from }),
    );
    const page = mergePages(answers, sort, limit);
    return { ...page, unavailableProfiles: unavailable };
  }

  async *found(request: FoundRequest): AsyncGenerator<SelectedSessions> {
    const { filter, sort, limit } = request;
    const whole = { ...request, start: { offset: 0 } };
    const sought = await gather(this.profiles.allowed(filter.access), (profile) =>
      profile.lists.places(whole, { after: undefined, every: 1, most: ALL_ENTRIES }),
    );
    const places = mergePlaces(sought.answers.flat(), sort);
    for (let at = 0; at < places.length; at += limit) {
      // File reads are synchronous: without this nobody else would get a turn before the last batch.
      await nextTurn();
      const idsOf = idsByProfile(places.slice(at, at + limit));
      const holders = this.profiles.all.filter(({ name }) => idsOf.has(name));
      const { answers } = await gather(holders, (profile) =>
        profile.lists.those(idsOf.get(profile.name) ?? [], whole),
      );
      const sessions = mergeEntries(answers, sort).map(({ session }) => session);
      yield { sessions, total: places.length };
    }
  }

  async get(id: string, access: SessionAccess): Promise<SessionDetail> {
    return (await this.#holder(id, access)).get(id, access);
  }

  async row(id: string, access: SessionAccess): Promise<StoredRow> {
    return (await this.#holder(id, access)).row(id, access);
  }

  async messages(id: string, request: MessagePageRequest, access: SessionAccess): Promise<MessagePage> {
    return (await this.#holder(id, access)).messages(id, request, access);
  }

  async searchMessages(
    id: string,
    request: MessageSearchRequest,
    access: SessionAccess,
  ): Promise<MessageHitPage> {
    return (await this.#holder(id, access)).messageSearch.page(id, request, access);
  }

  async *chain(id: string, access: SessionAccess): AsyncGenerator<SessionDetail> {
    yield* (await this.#holder(id, access)).chain(id, access);
  }

  async *transcript(
    id: string,
    selection: WholeTranscript,
    access: SessionAccess,
  ): AsyncGenerator<readonly Message[]> {
    yield* (await this.#holder(id, access)).transcript(id, selection, access);
  }

  async update(id: string, changes: SessionChanges, context: SessionChangeContext): Promise<SessionDetail> {
    return (await this.#holder(id, context.access)).update(id, changes, context);
  }

  async create(session: NewSession, context: ChangeContext): Promise<SessionDetail> {
    return this.#placeOfNew(context.access).create(session, context);
  }

  async importSessions(sessions: readonly ImportedSession[], context: ChangeContext): Promise<ImportOutcome> {
    return this.#placeOfNew(context.access).changes.importSessions(sessions, context);
  }

  async fork(id: string, fork: NewFork, context: ChangeContext): Promise<SessionDetail> {
    return (await this.#holder(id, context.access)).fork(id, fork, context);
  }

  async take(id: string, options: TakeOptions, access: SessionAccess): Promise<TakenSessions> {
    return (await this.#holder(id, access)).take(id, options, access);
  }

  async delete(
    id: string,
    options: DeletionOptions,
    context: SessionChangeContext,
  ): Promise<readonly DeletedSession[]> {
    return (await this.#holder(id, context.access)).delete(id, options, context);
  }

  async bulk(request: BulkRequest, context: ChangeContext): Promise<readonly BulkOutcome[]> {
    const end = performance.now() + CHANGE_LIMIT;
    const outcomes = new Map<string, BulkOutcome>();
    const idsOf = new Map<HermesProfile, string[]>();
    for (const id of request.ids) {
      try {
        const holder = await this.#holder(id, context.access);
        idsOf.set(holder, [...(idsOf.get(holder) ?? []), id]);
      } catch (error) {
        outcomes.set(id, refused(id, error));
      }
    }
    for (const [profile, ids] of idsOf) {
      const some = await profile.changes.bulk({ ...request, ids }, context, end - performance.now());
      for (const outcome of some) outcomes.set(outcome.id, outcome);
    }
    return request.ids.flatMap((id) => outcomes.get(id) ?? []);
  }

  async statistics(request: StatisticsRequest): Promise<SessionStatistics> {
    const allowed = this.profiles.allowed(request.access);
    const { answers, unavailable } = await gather(allowed, (profile) => profile.statistics(request));
    return { ...mergeStatistics(answers), unavailableProfiles: unavailable };
  }

  async planPrune(selection: PruneSelection): Promise<PrunePlan> {
    const allowed = this.profiles.allowed(selection.access);
    const { answers, unavailable } = await gather(allowed, (profile) => profile.planPrune(selection));
    const plans = answers.filter((plan) => plan !== undefined);
    if (answers.length > plans.length && plans.length === 0) throw new DomainError('unsupported_by_store');
    return { ...mergePlans(plans), unavailableProfiles: unavailable };
  }

  async prune(
    planned: readonly PlannedConversation[],
    action: PruneAction,
    context: PruneContext,
  ): Promise<readonly BulkOutcome[]> {
    const end = performance.now() + CHANGE_LIMIT;
    const outcomes: BulkOutcome[] = [];
    for (const profile of this.profiles.all) {
      const conversations = planned.filter((conversation) => conversation.profile === profile.name);
      try {
        const some = await profile.changes.prune(conversations, action, context, end - performance.now());
        outcomes.push(...some);
        // Outcomes are in the order of the plan, up to the last one reached.
        if (some.length < conversations.length) break;
      } catch (error) {
        // Deletions in earlier profiles are final, and must be reported.
        if (outcomes.length === 0) throw error;
        this.#logger.warn(`Nothing was pruned in the profile ${profile.name}: ${String(error)}`);
        break;
      }
    }
    return outcomes;
  }

  async revision(): Promise<string | undefined> {
    const revisions = await Promise.all(this.profiles.all.map(revisionOf));
    return revisions.includes(undefined) ? undefined : revisions.join(' ');
  }

  profileNames(access: SessionAccess): Promise<readonly ProfileName[]> {
    return Promise.resolve(
      this.profiles
        .allowed(access)
        .map((profile) => ({ name: profile.name, origin: null, isDefault: profile === this.profiles.main })),
    );
  }

  /**
   * The profile that new sessions are added to.
   * @throws {DomainError} `profile_not_found`
   */
  #placeOfNew(access: SessionAccess): HermesProfile {
    const [profile, other] = this.profiles.allowed(access);
    if (profile === undefined) throw new DomainError('profile_not_found');
    return other === undefined ? profile : this.profiles.main;
  }

  /** Where a page begins that skips some entries of all profiles together. */
  async #placeAt(
    allowed: readonly HermesProfile[],
    request: SessionPageRequest,
    offset: number,
  ): Promise<Partial<SessionPageRequest>> {
    if (offset === 0) return {};
    const place = await placeBehind(allowed.length, request.sort, offset, async (after, sample) => {
      const { answers } = await gather(allowed, (profile) =>
        profile.lists.places(request, { ...sample, after: after.get(profile.name) }),
      );
      return answers.flat();
    });
    // Past the last entry the page is empty, but still has a total.
    return place === undefined ? { start: { offset: Number.MAX_SAFE_INTEGER } } : { start: { after: place } };
  }

  /**
   * The only profile that has a session.
   * @throws {DomainError} `session_not_found`; `ambiguous_session` if several have it; or the failure of a profile that cannot be read
   */
  async #holder(id: string, access: SessionAccess): Promise<HermesProfile> {
    const allowed = this.profiles.allowed(access);
    const [only] = allowed;
    if (only !== undefined && allowed.length === 1) return only;
    if (only === undefined) throw new DomainError('session_not_found');
    const failures: unknown[] = [];
    const found = await Promise.all(
      allowed.map((profile) =>
        profile.has(id, access).catch((error: unknown) => {
          // Otherwise no session would ever be reported as not found.
          if (!profile.isOutOfReach) failures.push(error);
          return false;
        }),
      ),
    );
    const holders = allowed.filter((_profile, at) => found[at] === true);
    if (holders.length > 1) throw ambiguous(holders);
    if (holders[0] !== undefined) return holders[0];
    throw failures.length > 0 ? failures[0] : new DomainError('session_not_found');
  }
}

function idsByProfile(places: readonly Cursor[]): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>();
  for (const { profile, id } of places) {
    const some = ids.get(profile);
    if (some === undefined) ids.set(profile, [id]);
    else some.push(id);
  }
  return ids;
}

function ambiguous(holders: readonly HermesProfile[]): DomainError {
  const names = holders.map(({ name }) => name).join(', ');
  return new DomainError('ambiguous_session', {
    param: 'profile',
    message: `Several profiles have a session with this id: ${names}. Say which with profile.`,
  });
}

/** The revision of a broken history is its error code. */
async function revisionOf(profile: HermesProfile): Promise<string | undefined> {
  try {
    const revision = await profile.index.revision();
    return revision === undefined ? undefined : `${profile.name}:${revision}`;
  } catch (error) {
    if (error instanceof DomainError) return `${profile.name}:${error.code}`;
    throw error;
  }
}
