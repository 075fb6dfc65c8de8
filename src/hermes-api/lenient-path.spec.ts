import { lenientPath } from './lenient-path.js';

describe('a path as Hermes reads it', () => {
  it.each([
    ['/api/sessions/plain', '/api/sessions/plain'],
    ['/api/sessions/a%20b%2Fc%E4%BC%9A', '/api/sessions/a%20b%2Fc%E4%BC%9A'],
    ['/api/sessions/a%', '/api/sessions/a%25'],
    ['/api/sessions/%zz/messages', '/api/sessions/%25zz/messages'],
    ['/api/sessions/%f', '/api/sessions/%25f'],
    ['/api/sessions/%ff', '/api/sessions/%EF%BF%BD'],
    ['/api/sessions/%41%e4%bc', '/api/sessions/A%EF%BF%BD'],
    ['/api/sessions/%00', '/api/sessions/%00'],
    ['/api/sessions/%?search=100%&x=%ff?', '/api/sessions/%25?search=100%&x=%ff?'],
  ])('%s', (url, expected) => {
    expect(lenientPath(url)).toBe(expected);
    expect(() => decodeURIComponent(expected.split('?')[0] ?? '')).not.toThrow();
  });
});
