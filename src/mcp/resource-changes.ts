import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import type { Principal } from '../auth/principal.js';
import type { EventHub } from '../events/event-hub.js';
import type { StoreEvent } from '../sessions/session-event.js';
import { idOfUri, sessionUri, transcriptUri } from './resources/session-uri.js';

/** How long changes are gathered before they are told, in milliseconds: an agent that works changes its session many times a second. */
const GATHERING = 500;

/** So many addresses, and so many changes at a time, are looked at for what belongs together; beyond it each address is told of its own changes, or of any. */
const MOST_LOOKED_AT = 100;

/** Which addresses somebody wants to hear of, and how the sessions of one chain are told: by the first one, undefined where nobody can say. */
export interface Subscription {
  readonly uris: readonly string[];
  readonly rootOf: (id: string) => Promise<string | undefined>;
}

/** What listeners hear of a history: that the list of conversations is another, and that a session is. */
export class ResourceChanges implements ServerEventBus {
  readonly #listeners = new Set<(event: ServerEvent) => void>();
  readonly #changed = new Set<string>();
  /** Sessions of any kind that changed, where somebody has subscribed to one: a transcript is that of a whole chain, or of a delegate. */
  readonly #rows = new Set<string>();
  #isListChanged = false;
  #isReset = false;
  #timer: NodeJS.Timeout | undefined;
  #leave: readonly (() => void)[] = [];

  constructor(private readonly subscription?: Subscription) {}

  /**
   * Begins to follow what somebody may know of; resolves once nothing is missed any more.
   * @param onEnd is called when nobody may listen any more.
   */
  async follow(hub: EventHub, principal: Principal, onEnd: () => void): Promise<void> {
    const { access, isCurrent } = principal;
    const watch = (includeChildren: boolean, tell: (event: StoreEvent) => void): Promise<() => void> =>
      hub.watch({ filter: { access, archived: 'any', includeChildren }, isCurrent, tell, end: onEnd });
    this.#leave = [
      await watch(false, (event) => {
        this.#gather(event);
      }),
    ];
    if (this.#subscribedIds().length === 0) return;
    const leave = await watch(true, (event) => {
      if (event.kind !== 'reset') this.#rows.add(event.sessionId);
      this.#tellSoon();
    });
    this.#leave = [...this.#leave, leave];
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
    if (event.kind === 'reset') this.#isListChanged = this.#isReset = true;
    else this.#changed.add(event.sessionId);
    if (event.kind === 'session' && isListed(event)) this.#isListChanged = true;
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#tell();
    }, GATHERING).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#isListChanged) this.publish({ kind: 'resources_list_changed' });
    for (const id of this.#changed)
      for (const uri of [sessionUri(id), transcriptUri(id)]) this.publish({ kind: 'resource_updated', uri });
    void this.#tellRelated([...this.#rows], new Set(this.#changed), this.#isReset);
    this.#isListChanged = this.#isReset = false;
    this.#changed.clear();
    this.#rows.clear();
  }

  /** Tells of addresses that somebody has subscribed to where another session of the same chain changed. @param told ids that were told already. */
  async #tellRelated(rows: readonly string[], told: ReadonlySet<string>, isReset: boolean): Promise<void> {
    const { subscription } = this;
    const waiting = this.#subscribedIds().filter((id) => !told.has(id));
    if (subscription === undefined || waiting.length === 0 || (rows.length === 0 && !isReset)) return;
    const isAny = isReset || rows.length > MOST_LOOKED_AT;
    const roots = new Set(isAny ? [] : await Promise.all(rows.map(subscription.rootOf)));
    for (const [at, id] of waiting.entries()) {
      const isLookedAt = at < MOST_LOOKED_AT && !isAny && !rows.includes(id);
      const isOfOne = isLookedAt
        ? roots.has((await subscription.rootOf(id)) ?? NOBODY)
        : isAny || rows.includes(id);
      if (!isOfOne) continue;
      for (const uri of subscription.uris)
        if (idOfUri(uri) === id) this.publish({ kind: 'resource_updated', uri });
    }
  }

  #subscribedIds(): readonly string[] {
    const ids = (this.subscription?.uris ?? []).map(idOfUri).filter((id) => id !== undefined);
    return [...new Set(ids)];
  }
}

/** No session has this id. */
const NOBODY = '';

/** Whether the list of conversations is another after an event: what is in it, or what something in it is called. */
function isListed({ conversation }: Extract<StoreEvent, { readonly kind: 'session' }>): boolean {
  if (conversation === undefined) return false;
  return (
    conversation.kind !== 'updated' ||
    conversation.changed.some((field) => field === 'title' || field === 'archived')
  );
}
