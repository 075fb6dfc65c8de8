import { findParts } from './text-matcher.js';

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
