import { DomainError, FAILURES, type FailureCode } from '../domain/errors.js';
import { ApiError, ERROR_CATALOGUE, toApiError } from './errors.js';

describe('what a caller is told of a failure', () => {
  it.each(Object.keys(FAILURES) as FailureCode[])('is what the domain says of it: %s', (code) => {
    const cause = new Error('for the log');
    const told = toApiError(new DomainError(code, { cause }));
    expect(told.toEnvelope().error).toMatchObject({ code, param: null, message: FAILURES[code] });
    expect(told.cause).toBe(cause);
    expect(
      toApiError(new DomainError(code, { param: 'title', message: 'More exactly.' })).toEnvelope(),
    ).toMatchObject({ error: { code, param: 'title', message: 'More exactly.' } });
  });

  it.each([
    ['authentication_error', [401]],
    ['permission_error', [403]],
    ['not_found_error', [404]],
    ['conflict_error', [409]],
    ['rate_limit_error', [429]],
    ['invalid_request_error', [400, 405, 408, 412, 413, 415, 431, 499]],
    ['service_unavailable', [502, 503]],
  ] as const)('has a status of its kind: %s', (type, allowed) => {
    const ofType = Object.values(ERROR_CATALOGUE).filter((error) => error.type === type);
    expect(ofType.length).toBeGreaterThan(0);
    expect(allowed).toEqual(expect.arrayContaining(ofType.map(({ status }) => status)));
  });

  it('is nothing of what nobody foresaw', () => {
    const failure = new TypeError('secret.path is undefined');
    const told = toApiError(failure);
    expect([told.code, told.cause]).toEqual(['internal_error', failure]);
    expect(JSON.stringify(told.toEnvelope())).not.toContain('secret');
  });

  it('is an error answer as it is', () => {
    const error = new ApiError('rate_limited', { retryAfter: 3 });
    expect(toApiError(error)).toBe(error);
  });
});
