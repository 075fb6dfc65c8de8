import { jest } from '@jest/globals';
import { HistoryWriter } from '../../src/demo/state-db/history-writer.js';
import { SilentObserver } from '../../src/sessions/store-observer.js';
import { TextCheck } from '../../src/ship/text-check.js';
import { HermesProfile } from '../../src/stores/hermes/profiles/hermes-profile.js';
import type { StoredDigest } from '../../src/stores/postgres/incoming/message-digest.js';
import { hour, say } from '../support/histories.js';
import { temporaryHistory } from '../support/temporary-history.js';

/** As often as something is looked at, in milliseconds. */
const INTERVAL = 10_000;

/** Sessions of together more than is looked at in one go. */
const IDS = Array.from({ length: 25 }, (_, at) => `session-${at}`);

describe('the check of what was sent', () => {
  const location = temporaryHistory(25);
  let profile: HermesProfile;
  let texts: TextCheck;
  let later: number;

  beforeAll(() => {
    const writer = HistoryWriter.open(location.stateDb);
    writer.together(() => {
      for (const id of IDS) {
        writer.addSession({ id, source: 'cli', started_at: hour(1) });
        say(writer, id, 'user', 'x'.repeat(100_000), hour(1));
      }
    });
    writer.close();
  });

  beforeEach(() => {
    profile = new HermesProfile('default', location, 10_000, new SilentObserver());
    later = 0;
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + later);
    texts = new TextCheck(profile.outgoing);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    profile.stopFollowing();
    await profile.close();
  });

  /** A database that has the row of every session, and none of its messages as they are. */
  const database = {
    digests: async (ids: readonly string[]): Promise<ReadonlyMap<string, StoredDigest>> => {
      const sessions = await profile.outgoing.sessions(ids);
      return new Map(
        ids.map((id, at) => [id, { fingerprint: sessions[at]?.fingerprint ?? '', digest: 'other' }]),
      );
    },
  };

  /** The sessions that are found when it is the next time. */
  const next = (): Promise<readonly string[]> => {
    later += INTERVAL;
    return texts.differing(database);
  };

  it.each([
    ['the oldest', 0],
    ['those in the middle', 0.5],
    ['the newest', 0.99],
  ])('finds all sessions before it rests, beginning with %s', async (_which, random) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    const found: string[] = [];
    const first = await next();
    for (let some = first; some.length > 0; some = await next()) found.push(...some);
    expect(first).toContain(IDS[Math.floor(random * IDS.length)]);
    expect(found.slice(-IDS.length)).toEqual(IDS);
    later += 24 * 3600_000;
    expect(await next()).toContain(IDS[0]);
  });

  it('finds a session in which somebody has spoken since the names of the next ones were read', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const found = [...(await next())];
    expect(found).not.toContain(IDS.at(-1));
    const writer = HistoryWriter.open(location.stateDb);
    say(writer, IDS.at(-1) ?? '', 'user', 'Hello again', hour(2));
    writer.close();
    found.push(...(await next()), ...(await next()));
    expect(found).toContain(IDS.at(-1));
  });
});
