import { FULL_ACCESS } from './session-access.js';
import { requireGivenUp, requireRenamable, type TitleHolder } from './title-rules.js';

const HOLDER: TitleHolder = { id: 'a', source: 'cli', userId: 'ana', archived: false, hidden: false };

/** What some work fails with; undefined where it does not. */
function failureOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('who keeps a title', () => {
  it.each([
    ['Bot Chat', false],
    ['Bot chat', true],
    [null, true],
  ])('a session titled %s, hidden: %s, may be renamed', (title, hidden) => {
    expect(() => {
      requireRenamable({ title, hidden });
    }).not.toThrow();
  });

  it('the one that Hermes hides by its title may not', () => {
    const rename = (): void => {
      requireRenamable({ title: 'Bot Chat', hidden: true });
    };
    expect(failureOf(rename)).toMatchObject({ code: 'refused_by_history', param: 'title' });
  });

  const take =
    (holder: TitleHolder, title = 'Plans', access = FULL_ACCESS) =>
    (): void => {
      requireGivenUp([holder], { title, access, isAncestor: ({ id }) => id === 'ancestor' });
    };

  it('an ancestor gives it up, anybody else does not', () => {
    expect(take({ ...HOLDER, id: 'ancestor' })).not.toThrow();
    expect(failureOf(take(HOLDER))).toMatchObject({
      code: 'title_in_use',
      message: 'The session a already has this title.',
    });
  });

  it('whoever may not know of the holder hears nothing of it', () => {
    expect(take(HOLDER, 'Plans', { userId: 'bo' })).toThrow('Another session already has this title.');
  });

  it.each([
    ['Bot Chat', true, true, true],
    ['Bot Chat', true, false, false],
    ['Bot Chat', false, true, false],
    ['Plans', true, true, false],
  ])('what is titled %s, archived: %s, hidden: %s gives it up: %s', (title, archived, hidden, isFree) => {
    const taking = take({ ...HOLDER, archived, hidden }, title);
    const failure = failureOf(taking);
    if (isFree) expect(failure).toBeUndefined();
    else expect(failure).toMatchObject({ code: 'title_in_use' });
  });
});
