import { decodeChange, encodeChange, type StoredChange } from './stored-change.js';

const CHANGE: StoredChange = {
  id: 'gone',
  row: { changed: [] },
  conversation: { changed: [] },
  tipId: null,
  messageIds: [7],
};

describe('a change that is kept for listeners', () => {
  it('is read as it was written', () => {
    expect(decodeChange(encodeChange(CHANGE))).toEqual(CHANGE);
  });

  it('is a reset where more happened than is told', () => {
    expect(decodeChange(encodeChange(undefined))).toBeUndefined();
  });

  it.each([
    ['an earlier one, which had no number', JSON.stringify(CHANGE)],
    ['one that named a parent once for both', JSON.stringify({ reset: true, form: 2, change: CHANGE })],
    ['a later one', JSON.stringify({ reset: true, form: 999, change: CHANGE })],
  ])('is a reset where another version wrote it: %s', (_version, text) => {
    expect(decodeChange(text)).toBeUndefined();
  });

  it('is a reset to a version that knows nothing of forms', () => {
    expect(JSON.parse(encodeChange(CHANGE))).toMatchObject({ reset: true });
  });
});
