import { VERSION } from '../../config/version.js';
import type { DashboardObject } from './dashboard.presenter.js';
import { PRUNE_FIELDS } from './prune-request.js';

type Schema = Readonly<Record<string, unknown>>;

const TEXT: Schema = { type: 'string' };
const WHOLE: Schema = { type: 'integer', minimum: 0 };
const SWITCH: Schema = { type: 'boolean' };

/** Types of parameters by name; all others are texts. */
const KINDS: Readonly<Record<string, Schema>> = {
  limit: WHOLE,
  offset: WHOLE,
  min_messages: WHOLE,
  days: { type: 'integer', minimum: 1, maximum: 365 },
  recents_limit: WHOLE,
  cron_limit: WHOLE,
  messaging_limit: WHOLE,
  full: SWITCH,
  include_compacted: SWITCH,
  archived: { enum: ['exclude', 'only', 'include'] },
};

/** An operation: its method and path, summary, parameters, and the name of its body schema. */
type Operation = readonly [route: string, summary: string, parameters?: string, body?: keyof typeof BODIES];

const OF_LISTS = 'limit offset min_messages archived order source sources exclude_sources full profile';

const OPERATIONS: readonly Operation[] = [
  ['get /api/status', 'What there is to say of the server'],
  ['get /api/profiles', 'Profiles of Hermes'],
  ['get /api/profiles/sessions', 'Conversations of several profiles together', OF_LISTS],
  [
    'get /api/profiles/sessions/sidebar',
    'The lists of a sidebar, with what each profile has used',
    'recents_profile recents_limit cron_limit messaging_limit recents_exclude messaging_exclude',
  ],
  ['get /api/analytics/usage', 'Tokens and cost by day and by model', 'days profile'],
  ['get /api/analytics/models', 'Tokens, cost and calls by model', 'days profile'],
  ['get /api/sessions', 'Conversations of a profile', `${OF_LISTS} cwd_prefix`],
  [
    'get /api/sessions/search',
    'Conversations by their ids and what was said',
    'q limit source sources exclude_sources profile',
  ],
  ['get /api/sessions/stats', 'Counts of a profile', 'profile'],
  ['get /api/sessions/empty/count', 'How many sessions ended without a message', 'profile'],
  ['delete /api/sessions/empty', 'Delete sessions that ended without a message', 'profile'],
  ['post /api/sessions/bulk-delete', 'Delete sessions', '', 'Deletion'],
  ['post /api/sessions/import', 'Add sessions that were exported', '', 'Import'],
  ['post /api/sessions/prune', 'Delete conversations that have rested for long', '', 'CleanUp'],
  ['get /api/sessions/{session_id}', 'A session with its row', 'profile'],
  [
    'patch /api/sessions/{session_id}',
    'Rename, archive, hide or pin a session, or mark it as read',
    '',
    'Change',
  ],
  ['delete /api/sessions/{session_id}', 'Delete a session', 'profile'],
  ['get /api/sessions/{session_id}/latest-descendant', 'Where a conversation goes on', 'profile'],
  [
    'get /api/sessions/{session_id}/messages',
    'Part of a transcript',
    'limit offset order include_compacted profile',
  ],
  ['get /api/sessions/{session_id}/export', 'A session with all of its messages', 'profile'],
];

const BODIES = {
  Change: {
    title: { type: ['string', 'null'] },
    archived: SWITCH,
    hidden: SWITCH,
    pinned: SWITCH,
    unread: SWITCH,
    profile: TEXT,
  },
  Deletion: { ids: { type: 'array', items: TEXT }, profile: TEXT },
  Import: { sessions: { type: 'array', items: { type: 'object' } }, profile: TEXT },
  CleanUp: PRUNE_FIELDS,
} as const satisfies Readonly<Record<string, Schema>>;

const REQUIRED: Readonly<Partial<Record<keyof typeof BODIES, string>>> = {
  Deletion: 'ids',
  Import: 'sessions',
};

/**
 * OpenAPI document of the dashboard operations that are supported here. Apps look there what a dashboard can do before they offer it. Answers are not
 * described: they contain every column of the history's version.
 * @param basePath path prefix of every route.
 */
export function dashboardDocument(basePath: string): DashboardObject {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const [method = '', path = ''] = operation[0].split(' ');
    paths[path] = { ...paths[path], [method]: described(operation, path) };
  }
  return {
    openapi: '3.1.0',
    info: { title: "hermes-sessions, as Hermes's dashboard", version: VERSION },
    // This path works with either kind of key.
    servers: [{ url: `${basePath}/dashboard` }],
    security: [{ token: [] }, { bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: 'X-Hermes-Session-Token' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: {
        ...Object.fromEntries(
          (Object.keys(BODIES) as (keyof typeof BODIES)[]).map((name) => [
            name,
            {
              type: 'object',
              properties: BODIES[name],
              ...(REQUIRED[name] === undefined ? {} : { required: [REQUIRED[name]] }),
            },
          ]),
        ),
        Problem: { type: 'object', properties: { detail: {} }, required: ['detail'] },
      },
    },
  };
}

function described([route, summary, parameters = '', body]: Operation, path: string): object {
  const inPath = path.includes('{session_id}')
    ? [{ name: 'session_id', in: 'path', required: true, schema: TEXT }]
    : [];
  const inQuery = parameters
    .split(' ')
    .filter((name) => name !== '')
    .map((name) => ({ name, in: 'query', required: false, schema: KINDS[name] ?? TEXT }));
  return {
    summary,
    operationId: route.replace(/\W+/g, '_').replace(/_$/, ''),
    parameters: [...inPath, ...inQuery],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json({ $ref: `#/components/schemas/${body}` }) } }),
    responses: {
      '200': { description: 'The answer.', content: json({ type: 'object' }) },
      default: { description: 'What is wrong.', content: json({ $ref: '#/components/schemas/Problem' }) },
    },
  };
}

function json(schema: Schema): object {
  return { 'application/json': { schema } };
}
