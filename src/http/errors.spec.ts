import { DomainError, FAILURES, type FailureCode } from '../domain/errors.js';
import { ApiError, toApiError } from './errors.js';

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
