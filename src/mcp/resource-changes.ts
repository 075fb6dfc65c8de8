import type { ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import type { Principal } from '../auth/principal.js';
import type { EventHub } from '../events/event-hub.js';
import type { StoreEvent } from '../sessions/session-event.js';
import { sessionUri, transcriptUri } from './resources/session-uri.js';

/** How long changes are gathered before they are told, in milliseconds: an agent that works changes its session many times a second. */
const GATHERING = 500;

/** What listeners hear of a history: that the list of conversations is another, and that a session is. */
export class ResourceChanges implements ServerEventBus {
  readonly #listeners = new Set<(event: ServerEvent) => void>();
  readonly #changed = new Set<string>();
  #isListChanged = false;
  #timer: NodeJS.Timeout | undefined;
  #leave: (() => void) | undefined;

  /**
   * Begins to follow what somebody may know of; resolves once nothing is missed any more.
   * @param onEnd is called when nobody may listen any more.
   */
  async follow(hub: EventHub, { access, isCurrent }: Principal, onEnd: () => void): Promise<void> {
    this.#leave = await hub.watch({
      filter: { access, archived: 'any', includeChildren: false },
      isCurrent,
      tell: (event) => {
        this.#gather(event);
      },
      end: onEnd,
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
    this.#leave?.();
  }

  #gather(event: StoreEvent): void {
    if (event.kind === 'reset') this.#isListChanged = true;
    else this.#changed.add(event.sessionId);
    if (event.kind === 'session' && isListed(event)) this.#isListChanged = true;
    this.#timer ??= setTimeout(() => {
      this.#tell();
    }, GATHERING).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#isListChanged) this.publish({ kind: 'resources_list_changed' });
    for (const id of this.#changed)
      for (const uri of [sessionUri(id), transcriptUri(id)]) this.publish({ kind: 'resource_updated', uri });
    this.#isListChanged = false;
    this.#changed.clear();
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
