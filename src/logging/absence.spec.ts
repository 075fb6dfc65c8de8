import { Absence } from './absence.js';

describe('what is away', () => {
  it('is said once, and once that it is back, which it is not while it comes and goes', () => {
    const said: string[] = [];
    const say = (text: string): number => said.push(text);
    const absence = new Absence('The database', { warn: say, log: say });
    absence.end(0);
    for (const now of [1000, 1500, 2000]) {
      absence.met('Nobody answers.', now);
      absence.end(now + 100);
    }
    expect(said).toEqual(['The database is away. Nobody answers.']);
    absence.end(3000);
    absence.end(4000);
    absence.met('Nobody answers.', 5000);
    expect(said.slice(1)).toEqual(['The database is back.', 'The database is away. Nobody answers.']);
  });
});
