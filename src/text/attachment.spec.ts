import { attachmentOf } from './attachment.js';

describe('what a part of a message is', () => {
  it.each([
    ['base64', 'QUJD'.repeat(100), 'file'],
    ['base64 with its end', `${'QUJD'.repeat(100)}QQ==\n`, 'file'],
    ['base64 in lines', `${'QUJD'.repeat(19)}\n`.repeat(10), 'file'],
    ['more numbers than a function takes', Array<number>(200_000).fill(0.5), 'data'],
    ['a short word', 'QUJD', 'data'],
    ['a text', 'A sentence, with a comma. '.repeat(20), 'data'],
    ['white space alone', ' '.repeat(300), 'data'],
    // Must run in linear time: a quadratic regular expression would not finish here.
    ['white space without an end', `${' '.repeat(3_000_000)}!`, 'data'],
  ])('sees %s', (_what, value, kind) => {
    expect(attachmentOf({ type: 'x', value }).kind).toBe(kind);
  });
});
