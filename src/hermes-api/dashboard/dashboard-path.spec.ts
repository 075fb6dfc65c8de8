import { dashboardPath } from './dashboard-path.js';

const TOKEN = { 'x-hermes-session-token': 'a-key' };
const BEARER = { authorization: 'Bearer a-key' };
const BASIC = { authorization: 'Basic dXNlcjpwYXNz' };
const COOKIE = { cookie: 'hermes_session_at=a-key' };

describe('where a request goes', () => {
  it.each([
    ['/api/sessions?limit=1', TOKEN, '/dashboard/api/sessions?limit=1'],
    ['/api/sessions?limit=1', BEARER, '/api/sessions?limit=1'],
    ['/api/sessions?limit=1', { ...BEARER, ...TOKEN }, '/dashboard/api/sessions?limit=1'],
    ['/api/sessions?limit=1', { ...BASIC, ...TOKEN }, '/dashboard/api/sessions?limit=1'],
    ['/api/sessions?limit=1', { ...BASIC, ...COOKIE }, '/dashboard/api/sessions?limit=1'],
    ['/api/sessions?limit=1', { ...BEARER, ...COOKIE }, '/api/sessions?limit=1'],
    ['/api/sessions/?cwd_prefix=/srv/', TOKEN, '/dashboard/api/sessions?cwd_prefix=/srv/'],
    ['/api/sessions?cwd_prefix=/srv/', TOKEN, '/dashboard/api/sessions?cwd_prefix=/srv/'],
    ['/dashboard/api/sessions/', BEARER, '/dashboard/api/sessions'],
    ['/dashboard/api/sessions/', {}, '/dashboard/api/sessions'],
    ['/api/status', {}, '/dashboard/api/public-status'],
    ['/api/status', TOKEN, '/dashboard/api/status'],
    ['/api/status?a=1', BEARER, '/dashboard/api/status?a=1'],
    ['/dashboard/api/status', {}, '/dashboard/api/public-status'],
    ['/dashboard/api/status', BEARER, '/dashboard/api/status'],
    ['/api/statuses', {}, '/api/statuses'],
    ['/v1/sessions/', TOKEN, '/v1/sessions/'],
    ['/openapi.json', {}, '/openapi.json'],
    ['/openapi.json', COOKIE, '/openapi.json'],
    ['/openapi.json', BEARER, '/openapi.json'],
    ['/openapi.json', TOKEN, '/dashboard/openapi.json'],
    ['/openapi.json?a=1', { ...BASIC, ...TOKEN }, '/dashboard/openapi.json?a=1'],
    ['/openapi.jsons', TOKEN, '/openapi.jsons'],
  ])('%s with %o', (url, headers, expected) => {
    expect(dashboardPath({ url, headers, method: 'GET' }, '')).toBe(expected);
    expect(dashboardPath({ url: `/base${url}`, headers, method: 'GET' }, '/base')).toBe(`/base${expected}`);
  });
});
