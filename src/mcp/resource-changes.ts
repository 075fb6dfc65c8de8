import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import type { Principal } from '../auth/principal.js';
import type { EventHub } from '../events/event-hub.js';
import type { EventView, StoreEvent } from '../sessions/session-event.js';
import { sessionOfUri, sessionUri, transcriptUri } from './resources/session-uri.js';

/** How long changes are gathered before they are told, in milliseconds: an agent that works changes its session many times a second. */
const GATHERING = 500;

/** Of so many sessions that somebody subscribed to their chain is known; those beyond are told of what changes in themselves. */
const MOST_CHAINS = 100;

/** What somebody subscribed to, and of which chain a session is: the transcript of one is that of all of it. */
export interface Subscriptions {
  /** Addresses of resources, as of now. */
  readonly uris: () => Iterable<string>;
  /** The first session of a session's chain, whoever may know of it; undefined where there is no such session for whoever subscribed. */
  readonly rootOf: (id: string) => Promise<string | undefined>;
}

/** What listeners hear of a history: that the list of conversations is another, and that a session is. */
export class ResourceChanges implements ServerEventBus {
  readonly #listeners = new Set<(event: ServerEvent) => void>();
  /** The first sessions of the chains of those that somebody subscribed to, as far as they were looked up or told. */
  readonly #roots = new Map<string, string | undefined>();
  #news = new News();
  #timer: NodeJS.Timeout | undefined;
  readonly #leave: (() => void)[] = [];

  /** @param subscriptions undefined where nobody can subscribe to a session. */
  constructor(private readonly subscriptions?: Subscriptions) {}

  /**
   * Begins to follow what somebody may know of; resolves once nothing is missed any more.
   * @param onEnd is called when nobody may listen any more.
   */
  async follow(hub: EventHub, { access, isCurrent }: Principal, onEnd: () => void): Promise<void> {
    const watch = async (includeChildren: boolean, tell: (event: StoreEvent) => void): Promise<void> => {
      const filter = { access, archived: 'any', includeChildren } as const;
      this.#leave.push(await hub.watch({ filter, isCurrent, tell, end: onEnd }));
    };
    await watch(false, (event) => {
      this.#gather(event);
    });
    // Transcripts are those of older members of a chain and of delegates as well, which no list has.
    if (this.subscriptions !== undefined)
      await watch(true, (event) => {
        this.#gatherRow(event);
      });
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(event: ServerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Follows nothing any more. */
  end(): void {
    clearTimeout(this.#timer);
    for (const leave of this.#leave) leave();
  }

  #gather(event: StoreEvent): void {
    if (event.kind === 'reset') {
      this.#news.isReset = true;
      this.#roots.clear();
    } else this.#news.sessions.add(event.sessionId);
    if (event.kind === 'reset' || (event.kind === 'session' && isListed(event)))
      this.#news.isListChanged = true;
    this.#tellSoon();
  }

  #gatherRow(event: StoreEvent): void {
    if (event.kind === 'reset') return;
    this.#news.sessions.add(event.sessionId);
    const views = viewsOf(event);
    for (const { rootId } of views) this.#news.chains.add(rootId);
    const now = views.at(-1);
    if (now !== undefined && this.#roots.has(event.sessionId)) this.#roots.set(event.sessionId, now.rootId);
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      void this.#tell();
    }, GATHERING).unref();
  }

  /** One at a time: what happens meanwhile is told by the next. */
  async #tell(): Promise<void> {
    const news = this.#news;
    this.#news = new News();
    if (news.isListChanged) this.publish({ kind: 'resources_list_changed' });
    for (const id of news.sessions)
      for (const uri of [sessionUri({ id }), transcriptUri({ id })])
        this.publish({ kind: 'resource_updated', uri });
    for (const uri of await this.#related(news)) this.publish({ kind: 'resource_updated', uri });
    this.#timer = undefined;
    if (!this.#news.isEmpty) this.#tellSoon();
  }

  /** Addresses that somebody subscribed to, of sessions in whose chain another one changed. */
  async #related({ isReset, sessions, chains }: News): Promise<readonly string[]> {
    const related: string[] = [];
    const wanted = [...(this.subscriptions?.uris() ?? [])].map((uri) => ({ uri, id: sessionOfUri(uri) }));
    const ids = new Set(wanted.map(({ id }) => id));
    for (const id of this.#roots.keys()) if (!ids.has(id)) this.#roots.delete(id);
    for (const { uri, id } of wanted) {
      if (id === undefined) continue;
      if (sessions.has(id)) {
        // Addresses without a history are told of everything that changes; one with it may hear of its twin's.
        if (uri.includes('?')) related.push(uri);
        continue;
      }
      const root = isReset ? undefined : await this.#rootOf(id);
      if (isReset || (root !== undefined && chains.has(root))) related.push(uri);
    }
    return related;
  }

  /** What is known is kept: whatever changes it is told of. */
  async #rootOf(id: string): Promise<string | undefined> {
    if (this.subscriptions === undefined || this.#roots.has(id) || this.#roots.size >= MOST_CHAINS)
      return this.#roots.get(id);
    try {
      // What begins to exist is told of, by itself.
      this.#roots.set(id, await this.subscriptions.rootOf(id));
    } catch {
      // It is looked up again with the next change.
    }
    return this.#roots.get(id);
  }
}

/** What was heard since it was last told. */
class News {
  readonly sessions = new Set<string>();
  /** The first sessions of chains of which one is another. */
  readonly chains = new Set<string>();
  isListChanged = false;
  isReset = false;

  get isEmpty(): boolean {
    return this.sessions.size === 0 && this.chains.size === 0 && !this.isListChanged && !this.isReset;
  }
}

/** How a row was seen and is seen now, as far as it was and is. */
function viewsOf(event: Exclude<StoreEvent, { readonly kind: 'reset' }>): readonly EventView[] {
  if (event.kind === 'message') return [event.row];
  const { row } = event;
  switch (row?.kind) {
    case undefined:
      return [];
    case 'created':
      return [row.after];
    case 'deleted':
      return [row.before];
    case 'updated':
      return [row.before, row.after];
  }
}

/** Whether the list of conversations is another after an event: what is in it, or what something in it is called. */
function isListed({ conversation }: Extract<StoreEvent, { readonly kind: 'session' }>): boolean {
  if (conversation === undefined) return false;
  return (
    conversation.kind !== 'updated' ||
    conversation.changed.some((field) => field === 'title' || field === 'archived')
  );
}
