import { parseSearch } from './search-query.js';
import { findParts, findTerms, modeOf, satisfies } from './text-matcher.js';

describe('whether a text satisfies a search', () => {
  const TEXT = "Deploying the café's API: 用API调用部署计划, then e-mail ops";

  it.each([
    ['deploying', true],
    ['deploy', false],
    ['deploy*', true],
    ['cafe', true],
    ['"the cafe"', true],
    ['"cafe the"', false],
    ['"e-mail op"*', true],
    ['api AND nothing', false],
    ['nothing OR api', true],
    ['api NOT ops', false],
    ['api NOT nothing', true],
    ['部署', true],
    ['署部', false],
    ['部署计划 e-mail', true],
  ])('%s: %s', (text, expected) => {
    const query = parseSearch(text);
    expect(query !== undefined && satisfies(query, TEXT)).toBe(expected);
  });
});

describe('what a search says more than once', () => {
  it.each([
    ['a* a* "b c" a "b c" a*', 'a* "b c" a'],
    ['a NOT b NOT b a', 'a NOT b'],
    ['a b OR c OR a a b OR c', 'a b OR c'],
  ])('%s is looked for once: %s', (text, once) => {
    expect(parseSearch(text)).toEqual(parseSearch(once));
  });
});

describe('a text with a letter that grows in lower case', () => {
  const found = (search: string, text: string): readonly string[] => {
    const query = parseSearch(search);
    return query === undefined
      ? []
      : findTerms(query.positiveTerms, text, modeOf(query)).map(({ start, end }) => text.slice(start, end));
  };

  it.each([
    ['用api调用', 'İİ see 用API调用 İstanbul', ['用API调用']],
    ['istanbul用', 'in İSTANBUL用 and İstanbul', ['İSTANBUL用']],
  ])('has %s in %s', (search, text, parts) => {
    expect(found(search, text)).toEqual(parts);
  });

  it('has no other one, so that all positions fit', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const letter = String.fromCodePoint(code);
      if (letter.toLowerCase().length !== letter.length) expect(letter).toBe('İ');
    }
  });
});

describe('parts of a title', () => {
  const marked = (parts: readonly string[], text: string): string => {
    let html = '';
    let at = 0;
    for (const { start, end } of findParts(parts, text)) {
      html += `${text.slice(at, start)}[${text.slice(start, end)}]`;
      at = end;
    }
    return html + text.slice(at);
  };

  it.each([
    [['affe'], 'Kaffeetasse', 'K[affe]etasse'],
    [['caffe'], 'Caffe\u0300 latte', '[Caffe\u0300] latte'],
    [['caffè'], 'CAFFÈ LATTE', '[CAFFÈ] LATTE'],
    [['i'], 'İstanbul', '[İ]stanbul'],
    [['☑'], 'Done ☑\ufe0f!', 'Done [☑\ufe0f]!'],
    [['用api'], '调用API文档', '调[用API]文档'],
    [['aa', 'a'], 'aaab', '[aa][a]b'],
    [['x', ''], 'nothing', 'nothing'],
    [['𝔸'.toLowerCase()], '𝔸𝔹', '[𝔸]𝔹'],
  ])('%j stand in %s there: %s', (parts, text, expected) => {
    expect(marked(parts, text)).toBe(expected);
  });
});
