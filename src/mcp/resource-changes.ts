import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import type { Principal } from '../auth/principal.js';
import type { EventHub } from '../events/event-hub.js';
import type { EventView, StoreEvent } from '../sessions/session-event.js';
import { sessionOfUri, sessionUri, transcriptUri } from './resources/session-uri.js';

/** How long changes are collected before they are announced, in milliseconds: a working agent changes its session many times a second. */
const GATHERING = 500;

/** Maximum number of subscribed sessions whose chains are tracked. Beyond it, sessions are only notified of their own changes. */
const MOST_CHAINS = 100;

/** The current subscriptions, and the chains of their sessions: the transcript of a session is that of its whole chain. */
export interface Subscriptions {
  /** The currently subscribed resource addresses. */
  readonly uris: () => Iterable<string>;
  /**
   * The first session of a session's chain, even if the subscriber may not see that one; undefined if the subscriber may not see the session itself.
   */
  readonly rootOf: (id: string) => Promise<string | undefined>;
}

/** Turns events of a history into MCP notifications: the list of conversations changed, or a session did. */
export class ResourceChanges implements ServerEventBus {
  readonly #listeners = new Set<(event: ServerEvent) => void>();
  /** Cache of the chains' first sessions, for the subscribed sessions. */
  readonly #roots = new Map<string, string | undefined>();
  #news = new News();
  #timer: NodeJS.Timeout | undefined;
  readonly #leave: (() => void)[] = [];

  /** @param subscriptions undefined if nobody can subscribe to a session. */
  constructor(private readonly subscriptions?: Subscriptions) {}

  /**
   * Starts following everything the principal may see. Resolves once no event can be missed.
   * @param onEnd called when the principal may not listen any more.
   */
  async follow(hub: EventHub, { access, isCurrent }: Principal, onEnd: () => void): Promise<void> {
    const watch = async (includeChildren: boolean, tell: (event: StoreEvent) => void): Promise<void> => {
      const filter = { access, archived: 'any', includeChildren } as const;
      this.#leave.push(await hub.watch({ filter, isCurrent, tell, end: onEnd }));
    };
    await watch(false, (event) => {
      this.#gather(event);
    });
    // Subscriptions also cover delegates and older members of chains, which are in no list.
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

  /** Stops following. */
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

  /** Runs one at a time: events that arrive meanwhile are announced by the next run. */
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

  /** Subscribed addresses of sessions in whose chain another session changed. */
  async #related({ isReset, sessions, chains }: News): Promise<readonly string[]> {
    const related: string[] = [];
    const wanted = [...(this.subscriptions?.uris() ?? [])].map((uri) => ({ uri, id: sessionOfUri(uri) }));
    const ids = new Set(wanted.map(({ id }) => id));
    for (const id of this.#roots.keys()) if (!ids.has(id)) this.#roots.delete(id);
    for (const { uri, id } of wanted) {
      if (id === undefined) continue;
      if (sessions.has(id)) {
        // The address without a history was announced above. One with a history may also be announced when a session of the same id changes
        // elsewhere.
        if (uri.includes('?')) related.push(uri);
        continue;
      }
      const root = isReset ? undefined : await this.#rootOf(id);
      if (isReset || (root !== undefined && chains.has(root))) related.push(uri);
    }
    return related;
  }

  /** The cached first session. A cached value stays correct, since an event reports each change of it. */
  async #rootOf(id: string): Promise<string | undefined> {
    if (this.subscriptions === undefined || this.#roots.has(id) || this.#roots.size >= MOST_CHAINS)
      return this.#roots.get(id);
    try {
      // Undefined is cached as well: the creation of a session is reported by an event.
      this.#roots.set(id, await this.subscriptions.rootOf(id));
    } catch {
      // The next change looks it up again.
    }
    return this.#roots.get(id);
  }
}

/** Collected events that are not announced yet. */
class News {
  readonly sessions = new Set<string>();
  /** The first sessions of chains in which a session changed. */
  readonly chains = new Set<string>();
  isListChanged = false;
  isReset = false;

  get isEmpty(): boolean {
    return this.sessions.size === 0 && this.chains.size === 0 && !this.isListChanged && !this.isReset;
  }
}

/** The row before and after an event, as far as it existed and exists. */
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

/** Whether an event changes the list of conversations: its entries, or their titles. */
function isListed({ conversation }: Extract<StoreEvent, { readonly kind: 'session' }>): boolean {
  if (conversation === undefined) return false;
  return (
    conversation.kind !== 'updated' ||
    conversation.changed.some((field) => field === 'title' || field === 'archived')
  );
}
