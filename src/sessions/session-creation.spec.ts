import { baseTitle, nextTitle } from './session-creation.js';

describe('the title of a fork', () => {
  it.each([
    ['Plans', [], 'Plans'],
    ['Plans', ['Plans'], 'Plans #2'],
    ['Plans', ['Plans', 'Plans #2', 'Plans #9'], 'Plans #10'],
    ['Plans', ['Plans #3'], 'Plans #4'],
    ['Plans', ['Plans #x'], 'Plans #2'],
    ['Ticket', ['Ticket #42', 'Ticket #9007199254740993'], 'Ticket #9007199254740994'],
    ['Ticket', [`Ticket #${'9'.repeat(30)}`], `Ticket #1${'0'.repeat(30)}`],
  ])('follows %s where there are %j', (base, taken, next) => {
    expect(nextTitle(base, taken)).toBe(next);
  });

  it.each([
    ['Plans #12', 'Plans'],
    ['Plans', 'Plans'],
    ['Plans #', 'Plans #'],
    ['#1', '#1'],
    ['x'.repeat(95), 'x'.repeat(95)],
    ['🌻'.repeat(100), '🌻'.repeat(95)],
    [`${'x'.repeat(94)} yyyyy`, 'x'.repeat(94)],
  ])('is made of %s by %s', (title, base) => {
    expect(baseTitle(title)).toBe(base);
  });
});
