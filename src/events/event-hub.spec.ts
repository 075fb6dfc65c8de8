import { text } from 'node:stream/consumers';
import { Metrics } from '../metrics/metrics.js';
import type { StoreEvent } from '../sessions/session-event.js';
import type { SessionFeed } from '../sessions/session-feed.js';
import type { EventFilter } from './event-filter.js';
import { EventHub } from './event-hub.js';

const ALL: EventFilter = { access: {}, archived: 'any', includeChildren: false };

const WHERE = { profile: 'default', origin: 'laptop' } as const;

/** An event as a host can have put it into a database, where nothing checks its type. */
function foreignEvent(conversation: unknown): StoreEvent {
  return {
    ...{ kind: 'session', ...WHERE, sessionId: 'x', row: undefined, root: undefined },
    conversation,
  } as StoreEvent;
}

/** A session change that cannot be serialized: its match has no message. */
const UNWRITABLE = foreignEvent({
  ...{ kind: 'updated', changed: [], parent: undefined },
  ...{ before: viewOf([]), after: viewOf([]), session: { match: null } },
});

/** An event that fails for every listener with limited access. */
const UNSEEN = foreignEvent({ kind: 'deleted', before: viewOf(5), tipId: null });

function viewOf(owners: unknown): unknown {
  return { subject: { platform: 'cli' }, owners };
}

describe('events that a store tells and nobody understands', () => {
  it.each([
    ['cannot be written', UNWRITABLE],
    ['cannot be looked at', UNSEEN],
  ])('keep nobody from coming back where they %s', async (_why, event) => {
    let tell: (event: StoreEvent) => void = () => undefined;
    const feed: SessionFeed = {
      position: undefined,
      follow: (listener) => Promise.resolve(void (tell = listener)),
      unfollow: () => undefined,
    };
    const hub = new EventHub(feed, new Metrics());
    const isCurrent = (): Promise<boolean> => Promise.resolve(true);
    const first = await hub.listen({ filter: ALL, isCurrent });
    expect(() => {
      tell(event);
    }).toThrow(TypeError);
    tell({ kind: 'reset', ...WHERE });
    const [, id = ''] = /^id: (.+)$/m.exec(String(first.read())) ?? [];
    const again = await hub.listen({ filter: ALL, lastEventId: id, isCurrent });
    hub.beforeApplicationShutdown();
    expect(await text(again)).toMatch(/event: resync\n[^]*event: heartbeat\n/);
  });
});
