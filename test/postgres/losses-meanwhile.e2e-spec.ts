import { jest } from '@jest/globals';
import { OutgoingHistory } from '../../src/stores/hermes/outgoing/outgoing-history.js';
import { smallHistory } from '../support/histories.js';
import { ShippedHost } from '../support/shipped-host.js';

describe('messages that a host loses while they are sent', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('stay in the database, and are held back', async () => {
    const host = await ShippedHost.start(smallHistory(25));
    const before = await host.messages();
    await host.offline();
    host.run('UPDATE sessions SET message_count = 99');
    const { value: sessions } = Object.getOwnPropertyDescriptor(OutgoingHistory.prototype, 'sessions') as {
      readonly value: OutgoingHistory['sessions'];
    };
    jest.spyOn(OutgoingHistory.prototype, 'sessions').mockImplementation(async function (
      this: OutgoingHistory,
      ids,
    ) {
      const found = await sessions.call(this, ids);
      host.run('DELETE FROM messages');
      return found;
    });
    await host.online();
    await host.settled();
    expect(await host.messages()).toBe(before);
    expect((await host.sent()).held).toBeGreaterThan(0);
    await host.offline();
  });
});
