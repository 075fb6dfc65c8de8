import { seeAll } from '../list/looks.js';
import { show } from '../view/use-view.js';
import { PAGE_NAMES, SORTS, UNFILTERED } from '../view/view.js';
import { APP, ORDERS, PAGES, PALETTE } from '../words.js';

/** Something that can be done from everywhere. */
export interface Command {
  readonly name: string;
  readonly run: () => void;
}

/** What can be done from everywhere. */
export function allCommands({
  canCleanUp,
  onHelp,
  onSignOut,
}: {
  readonly canCleanUp: boolean;
  readonly onHelp: () => void;
  readonly onSignOut: () => void;
}): readonly Command[] {
  return [
    ...PAGE_NAMES.filter((page) => page !== 'clean-up' || canCleanUp).map((page) => ({
      name: PALETTE.goTo(PAGES[page]),
      run: () => {
        show({ page });
      },
    })),
    {
      name: PALETTE.pinned,
      run: () => {
        show({ page: 'history', pinned: true });
      },
    },
    {
      name: PALETTE.archived,
      run: () => {
        show({ page: 'history', archived: 'true' });
      },
    },
    {
      name: PALETTE.clear,
      run: () => {
        show({ page: 'history', ...UNFILTERED });
      },
    },
    ...SORTS.map((sort) => ({
      name: PALETTE.order(ORDERS[sort]),
      run: () => {
        show({ page: 'history', sort });
      },
    })),
    { name: PALETTE.seeAll, run: seeAll },
    { name: APP.keys, run: onHelp },
    { name: APP.signOut, run: onSignOut },
  ];
}

/** The commands whose names hold all words of a text, and the search for it. */
export function commandsFor(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/);
  const found = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  if (text.trim() === '') return found;
  const search = {
    name: PALETTE.search(text.trim()),
    run: () => {
      show({ page: 'history', search: text.trim() });
    },
  };
  return [...found, search];
}
