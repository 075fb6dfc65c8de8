import { createDatabase } from '../support/database.js';
import { Gateway } from '../support/gateway.js';
import { smallHistory } from '../support/histories.js';
import { CliProcess } from '../support/process.js';
import { temporaryFolder } from '../support/server.js';
import { TEST_ORIGIN } from '../support/shipped.js';

describe('the log of a shipper, as it is where nothing else is set', () => {
  let gateway: Gateway;

  const ship = (...args: readonly string[]): CliProcess =>
    new CliProcess(
      ['ship', '--origin', TEST_ORIGIN, ...args],
      { STATE_DB: smallHistory(25), DATABASE_URL: gateway.url },
      { cwd: temporaryFolder() },
    );

  beforeEach(async () => {
    gateway = await Gateway.open(await createDatabase());
  });

  afterEach(() => gateway.refuse());

  it('says that a history is sent and followed, and takes back that it is not', async () => {
    const shipper = ship();
    await shipper.printed(/"level":"info".*default was sent and will be kept up to date/);
    await gateway.refuse();
    await shipper.printed(/"level":"warn".*default is not sent at the moment/);
    await gateway.accept();
    await shipper.printed(/"level":"info".*default is sent again/);
    shipper.kill('SIGTERM');
    const { code, stdout } = await shipper.ended;
    expect([code, stdout.match(/is sent again/g)]).toEqual([0, ['is sent again']]);
  });

  it('says that a history is sent, and not that it will be followed, where it is sent once', async () => {
    const { code, stdout } = await ship('--once').ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/default was sent \(\S+ s\)/)]);
  });
});
