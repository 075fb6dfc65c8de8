import { hour, smallHistory, withManySessions } from '../support/histories.js';
import { ShippedHost } from '../support/shipped-host.js';
import { until } from '../support/wait.js';

describe('what a file has no more that was set back or emptied, and its sessions', () => {
  let host: ShippedHost;
  let all: number;

  beforeEach(async () => {
    host = await ShippedHost.start(withManySessions(smallHistory(25), 100));
    all = (await host.sent()).sessions;
  });

  afterEach(() => host.offline());

  describe('where an older backup was written into the file', () => {
    it('stay while it is followed', async () => {
      const backup = host.backUp();
      for (let n = 0; n < 12; n++) host.addSession(`newer-${n}`);
      await host.settled();
      await host.restore(backup);
      await host.settled();
      expect(await host.sent()).toEqual({ sessions: all + 12, held: 12 });
    });

    it('stay although the agent has written as much since, before anybody looked', async () => {
      const backup = host.backUp();
      for (let n = 0; n < 12; n++) host.addSession(`newer-${n}`);
      await host.settled();
      await host.offline();
      await host.restore(backup);
      host.say(13, 'Since', hour(90));
      await host.online();
      expect(await host.sent()).toEqual({ sessions: all + 12, held: 12 });
      expect(await host.messages('Since')).toBe(13);
    });

    it('stay whole although the agent has written more into the same one since', async () => {
      const backup = host.backUp();
      host.say(300, 'Precious', hour(80));
      await host.settled();
      await host.offline();
      await host.restore(backup);
      host.say(305, 'Since', hour(90));
      await host.online();
      expect([await host.messages('Precious'), await host.messages('Since')]).toEqual([300, 0]);
      expect(await host.sent()).toEqual({ sessions: all, held: 1 });
    });
  });

  it.each([
    ['a session of which most messages are in no older backup', 300],
    ['one of which a part is', 20],
  ])('stay whole: %s', async (_what, count) => {
    const before = await host.messages();
    host.say(12, 'Common', hour(79));
    const backup = host.backUp();
    host.say(count, 'Precious', hour(80));
    await host.settled();
    await host.offline();
    host.replaceBy(backup);
    host.say(5, 'Since', hour(90));
    await host.online();
    expect(await host.messages()).toBe(before + 12 + count);
    expect(await host.sent()).toEqual({ sessions: all, held: 1 });
    host.addSession('fresh');
    await host.settled();
    expect(await host.messages()).toBe(before + 13 + count);
    // What was written since arrives once the rest is given up.
    await host.acceptLosses();
    await until(async () => (await host.sent()).held === 0);
    expect([await host.messages('Precious'), await host.messages('Since')]).toEqual([0, 5]);
  });

  it('stay whole where all messages were deleted', async () => {
    const before = await host.messages();
    host.run('DELETE FROM messages');
    await host.settled();
    const { held } = await host.sent();
    expect([await host.messages(), held]).toEqual([before, all - 1]);
    // So they do where they are compared again, by whomever.
    await host.offline();
    await host.online();
    expect([await host.messages(), (await host.sent()).held]).toEqual([before, held]);
    await host.acceptLosses();
    await until(async () => (await host.sent()).held === 0);
    expect(await host.messages()).toBe(0);
    expect(await host.sent()).toEqual({ sessions: all, held: 0 });
  });

  it('are held back no more once they are in the file again', async () => {
    const backup = host.backUp();
    host.run('DELETE FROM messages');
    await host.settled();
    expect((await host.sent()).held).toBe(all - 1);
    await host.restore(backup);
    await host.settled();
    expect((await host.sent()).held).toBe(0);
    host.say(1, 'Goes on', hour(90));
    await host.settled();
    expect(await host.messages('Goes on')).toBe(1);
  });

  it.each([
    ['a short session', 'yes', 'no!', 1, 2],
    ['a long one', 'Lost', 'Fresh', 50, 60],
  ] as const)('have the messages that the file has where ids were given again: %s', async (...row) => {
    const [, lost, fresh, lostCount, freshCount] = row;
    if (lostCount > 1) host.say(1100, 'Old', hour(70));
    await host.settled();
    const backup = host.backUp();
    host.say(lostCount, lost, hour(80));
    await host.settled();
    expect(await host.messages(lost)).toBe(lostCount);
    await host.offline();
    host.replaceBy(backup);
    host.say(freshCount, fresh, hour(90));
    await host.online();
    expect([await host.messages(fresh), await host.messages(lost)]).toEqual([freshCount, 0]);
    expect((await host.sent()).held).toBe(0);
  });
});
