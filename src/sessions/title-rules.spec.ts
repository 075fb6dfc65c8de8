import { FULL_ACCESS } from '../domain/access.js';
import { requireGivenUp, requireRenamable, type TitleHolder } from './title-rules.js';

const HOLDER: TitleHolder = { id: 'a', source: 'cli', userId: 'ana', archived: false, hidden: false };

/** The error that work throws; undefined if it does not. */
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
    (holder: TitleHolder, title = 'Plans', access = FULL_ACCESS, isHidden = false) =>
    (): void => {
      requireGivenUp([holder], { title, access, isHidden, isAncestor: ({ id }) => id === 'ancestor' });
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
    ['Bot Chat', { archived: true, hidden: true }, { hidden: false }, true],
    ['Bot Chat', { archived: true, hidden: false }, { hidden: false }, false],
    ['Bot Chat', { archived: true, hidden: false }, { hidden: true }, true],
    ['Bot Chat', { archived: false, hidden: true }, { hidden: true }, false],
    ['Bot Chat', { archived: false, hidden: false }, { hidden: true }, false],
    ['Plans', { archived: true, hidden: true }, { hidden: true }, false],
  ])('what is titled %s and is %j gives it up to one that is %j: %s', (title, holder, taker, isFree) => {
    const failure = failureOf(take({ ...HOLDER, ...holder }, title, FULL_ACCESS, taker.hidden));
    if (isFree) expect(failure).toBeUndefined();
    else expect(failure).toMatchObject({ code: 'title_in_use' });
  });
});
