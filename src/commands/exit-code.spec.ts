import { readFileSync } from 'node:fs';
import { sentenceOf } from './exit-code.js';

function thrown(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

it('says of a system error the path and the reason, and of any other what it says itself', () => {
  expect(sentenceOf(thrown(() => readFileSync('/nowhere/keys.json')))).toBe(
    '/nowhere/keys.json cannot be used: no such file or directory.',
  );
  expect(sentenceOf(new Error('A sentence.'))).toBe('A sentence.');
});
