import { differences, historyAsRecorded, play, recordedRequests, type Played } from '../support/recorded.js';
import { TestServer } from '../support/server.js';
import { TEST_KEY } from '../support/test-key.js';

/** A version of its own. */
const VERSION = /^\$\.version: /;

/** What needs an agent is off where there is none, and what this server can do beside Hermes stands beside it. */
const CAPABILITIES = [
  VERSION,
  /^\$\.auth\.scopes: nothing expected/,
  /^\$\.runtime\./,
  /^\$\.(features|endpoints)\.\w+: nothing expected/,
  /^\$\.features\.(\w*(chat|response|run_|approval|tool|model|skills)\w*): true expected, (false|nothing) answered$/,
  /^\$\.features\.\w+: false expected, nothing answered$/,
  /^\$\.features\.session_(continuity|key)_header: /,
  /^\$\.endpoints\.(\w*(model|chat|response|run|skills|toolsets)\w*): .* nothing answered$/,
];

/** What is not as it was recorded, and why. */
const OTHERWISE: Readonly<Record<string, readonly RegExp[]>> = {
  'api-server 0 GET /health': [VERSION],
  'api-server 1 GET /v1/health': [VERSION],
  'api-server 2 GET /v1/capabilities': CAPABILITIES,
  'api-server-profiles 5 GET /p/work/v1/capabilities': CAPABILITIES,
  'api-server-profiles 6 GET /p/work/health': [VERSION],
  // Hermes's release, its settings and the machine that it ran on.
  'dashboard 0 GET /api/status': [
    VERSION,
    /^\$\.(release_date|config_version|latest_config_version|hermes_home|config_path|env_path): /,
    /^\$\.disk\./,
  ],
  'dashboard 18 GET /api/profiles': [/^\$\.profiles\[\d\]\.(path|has_env): /],
  // Hermes finds no two characters of Chinese with a star behind them.
  'dashboard 36 GET /api/sessions/search?q=%E9%83%A8%E7%BD%B2': [
    /^\$\.results: 0 items expected, 2 answered$/,
  ],
};

/** What a search found, without which of the messages that fit alike is told, and in which order such conversations stand. */
function comparable(answer: unknown): unknown {
  if (
    typeof answer !== 'object' ||
    answer === null ||
    !('results' in answer) ||
    !Array.isArray(answer.results)
  )
    return answer;
  const found = answer.results as readonly Readonly<Record<string, unknown>>[];
  return {
    ...answer,
    results: found
      .map(({ snippet, role: _role, ...rest }): Readonly<Record<string, unknown>> => ({
        ...rest,
        marked: String(snippet).includes('>>>'),
      }))
      .sort((a, b) => (String(a.session_id) < String(b.session_id) ? -1 : 1)),
  };
}

describe.each(['api-server', 'api-server-profiles', 'dashboard'])(
  "what Hermes's own server answered: %s",
  (name) => {
    const requests = recordedRequests(name);

    if (requests.length === 0) {
      it.skip('is compared: skipped, there is no such recording beside the project', () => undefined);
      return;
    }

    let played: readonly Played[] = [];

    beforeAll(async () => {
      const server = await TestServer.onFile(historyAsRecorded(), { PROFILES: 'on' });
      played = await play(server, name, requests, TEST_KEY);
      await server.close();
    });

    it.each(requests.map(({ method, path }, index) => [`${index} ${method} ${path}`, index] as const))(
      '%s is answered alike',
      (title, index) => {
        const { request, status, answer } = played[index] as Played;
        const allowed = OTHERWISE[`${name} ${title}`] ?? [];
        const found = [
          ...differences(request.status, status, 'status'),
          ...differences(comparable(request.answer), comparable(answer)),
        ];
        expect(found.filter((difference) => !allowed.some((pattern) => pattern.test(difference)))).toEqual(
          [],
        );
      },
    );
  },
);
