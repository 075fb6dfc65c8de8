import { Notifications } from './notifications.js';

describe('notifications of a database', () => {
  it('are waited for where a certificate that its address names is gone', async () => {
    const url = 'postgres://hermes@127.0.0.1:1/hermes?sslrootcert=/nowhere/root.pem';
    const notifications = new Notifications(url, 'changes', () => undefined);
    await expect(notifications.start()).resolves.toBeUndefined();
    notifications.stop();
  });
});
