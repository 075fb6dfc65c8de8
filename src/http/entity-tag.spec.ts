import { entityTag, isNamedBy } from './entity-tag.js';

describe('entity tags', () => {
  const tag = entityTag('{"a":1}');

  it('are equal for equal bytes alone', () => {
    expect(entityTag(Buffer.from('{"a":1}'))).toBe(tag);
    expect(entityTag('{"a":2}')).not.toBe(tag);
    expect(tag).toMatch(/^"[\w-]{27}"$/);
  });

  it.each([
    [undefined, false],
    ['', false],
    [tag, true],
    [`W/${tag}`, true],
    [tag.replace(/"$/, '-br"'), true],
    [`"other", ${tag}`, true],
    ['*', true],
    ['"other"', false],
    [tag.replaceAll('"', ''), false],
  ])('If-None-Match: %s', (header, named) => {
    expect(isNamedBy(header, tag)).toBe(named);
  });

  it.each([
    [tag, true],
    // As a compressing proxy rewrites it.
    [`W/${tag}`, true],
    [tag.replace(/"$/, '-gzip"'), true],
    ['W/"other"', false],
    [`"other",${tag}`, true],
    ['*', true],
    ['"other"', false],
    ['garbage', false],
  ])('If-Match: %s', (header, matched) => {
    expect(isNamedBy(header, tag)).toBe(matched);
  });
});
