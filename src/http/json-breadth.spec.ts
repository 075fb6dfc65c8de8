import { isBroaderThan } from './json-breadth.js';

const MOST = { values: 1000, names: 100 };

const count = (length: number, each: (index: number) => string): string =>
  Array.from({ length }, (_, index) => each(index)).join();

describe('how much JSON text holds', () => {
  it.each([
    ['so many values', `[${count(999, () => '1')}]`, false],
    ['more values', `[${count(1000, () => '1')}]`, true],
    ['lists inside each other', '['.repeat(2000), true],
    ['empty objects', `[${count(600, () => '{}')}]`, true],
    ['so many names', `{${count(100, (index) => `"n${index}":0`)}}`, false],
    ['more names', `{${count(101, (index) => `"n${index}":0`)}}`, true],
    ['names of other objects', `[${count(101, (index) => `{"n${index}" : 0}`)}]`, true],
    ['the same names again and again', `[${count(300, () => '{"a":0,"b":1}')}]`, false],
    ['texts that look like it', JSON.stringify({ text: '"n":{[,\\"'.repeat(2000), more: '\\' }), false],
    ['what comes behind such a text', `["\\\\\\"",${count(1000, () => '1')}]`, true],
    ['what is in many pieces', `["${'x'.repeat(600_000)}",${count(1000, () => '1')}]`, true],
    ['what is no JSON', '}]:"', false],
    ['nothing', '', false],
  ])('%s', async (_name, text, isBroader) => {
    expect(await isBroaderThan(Buffer.from(text), MOST)).toBe(isBroader);
  });
});
