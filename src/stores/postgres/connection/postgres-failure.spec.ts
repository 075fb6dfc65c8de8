import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { toStoreError } from './postgres-failure.js';

describe('a failure of the database', () => {
  it.each([
    ['a connection that broke in the middle of a transaction', new QueryRunnerAlreadyReleasedError()],
    ['the same, as its manager tells it', new QueryRunnerProviderAlreadyReleasedError()],
    ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a server that stops', Object.assign(new Error('terminating connection'), { code: '57P01' })],
  ])('is told as one that passes: %s', (_, error) => {
    expect(toStoreError(error)).toMatchObject({ code: 'store_unavailable' });
  });

  it('is left as it is where nobody foresaw it', () => {
    const error = new TypeError('nothing of the database');
    expect(toStoreError(error)).toBe(error);
  });
});
