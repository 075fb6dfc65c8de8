import { toLoggedError } from './logged-error.js';

describe('an error in the log', () => {
  it('says nothing of what a driver was asked', () => {
    const error = Object.assign(new Error('syntax error'), {
      code: '42601',
      query: 'SELECT 1 WHERE title = $1',
      parameters: ['a private title'],
      driverError: Object.assign(new Error('syntax error'), { detail: 'Key (title)=(a private title)' }),
    });
    const logged = toLoggedError(error);
    expect(logged).toMatchObject({
      type: 'Error',
      message: 'syntax error',
      code: '42601',
      stack: error.stack,
    });
    expect(JSON.stringify(logged)).not.toContain('private');
  });

  it('has its causes, but not without end', () => {
    const cause = new TypeError('inner');
    const error = new Error('outer', { cause });
    expect(toLoggedError(error)).toMatchObject({
      message: 'outer',
      cause: { type: 'TypeError', message: 'inner' },
    });
    cause.cause = error;
    expect(JSON.stringify(toLoggedError(error))).toContain('outer');
  });

  it.each([undefined, null, 'a private text', 7])('is told of %p as well', (thrown) => {
    const logged = toLoggedError(thrown);
    expect(logged.message).not.toBe('');
    expect(JSON.stringify(logged)).not.toContain('private');
  });
});
