import { conformanceChecks } from '../support/conformance.js';
import { smallHistory } from '../support/histories.js';
import { KeyAddingProxy } from '../support/key-adding-proxy.js';
import { atLength } from '../support/rounds.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

/** What is asked in a short run, in which each scenario takes as long as a program that starts. */
const FEW = [
  ['server-initialize', '2025-11-25'],
  ['tools-list', '2025-11-25'],
  ['server-stateless', '2026-07-28'],
  ['http-header-validation', '2026-07-28'],
] as const;

/**
 * What the protocol's own suite asks of a server, whatever that offers. All its other scenarios call tools, resources and prompts of the
 * suite's own, which no other server has.
 */
const SCENARIOS = [
  ['server-initialize', '2025-11-25'],
  ['server-session-lifecycle', '2025-11-25'],
  ['ping', '2025-11-25'],
  ['tools-list', '2025-11-25'],
  ['resources-list', '2025-11-25'],
  ['prompts-list', '2025-11-25'],
  ['dns-rebinding-protection', '2025-11-25'],
  ['server-stateless', '2026-07-28'],
  ['tools-list', '2026-07-28'],
  ['resources-list', '2026-07-28'],
  ['prompts-list', '2026-07-28'],
  ['sep-2164-resource-not-found', '2026-07-28'],
  ['caching', '2026-07-28'],
  ['http-header-validation', '2026-07-28'],
  ['dns-rebinding-protection', '2026-07-28'],
] as const;

/** Checks that need a tool of the suite's own as well. The suite says of each that it could not be tested. */
const NOT_TESTABLE = /^Not testable: server does not list the diagnostic tool/;

describe('what the conformance suite of the protocol finds', () => {
  let server: TestServer;
  let proxy: KeyAddingProxy;

  beforeAll(async () => {
    server = await TestServer.start(smallHistory(25));
    proxy = await KeyAddingProxy.start(await server.app.getUrl(), TEST_KEY);
  });

  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  it.each(atLength<readonly (readonly [string, string])[]>(SCENARIOS, FEW))(
    '%s by the revision %s',
    async (scenario, revision) => {
      const checks = await conformanceChecks(`${proxy.url}/mcp`, scenario, revision);
      expect(checks).not.toEqual([]);
      const failed = checks.filter(
        ({ status, errorMessage = '' }) => status === 'FAILURE' && !NOT_TESTABLE.test(errorMessage),
      );
      expect(failed).toEqual([]);
    },
  );
});
