import { createDatabase, runSql } from '../support/database.js';
import { historyWithGuarded, keepsNoOtherFromGoing } from '../support/guarded.js';
import { TestServer, testSettings } from '../support/server.js';
import { TestShipper } from '../support/shipped.js';

const GUARD = `
  CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
  CREATE TRIGGER guard BEFORE DELETE ON sessions FOR EACH ROW WHEN (old.id = 'old-1') EXECUTE FUNCTION guard()`;

describe('a session at which the database fails', () => {
  let server: TestServer;

  beforeEach(async () => {
    const url = await createDatabase();
    const shipper = await TestShipper.start(testSettings({ STATE_DB: historyWithGuarded() }), url);
    await shipper.settled();
    await shipper.stop();
    await runSql(url, GUARD);
    server = await TestServer.onDatabase(url);
  });

  afterEach(() => server.close());

  keepsNoOtherFromGoing(() => server, expect.objectContaining({ code: 'internal_error' }));
});
