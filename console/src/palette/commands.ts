import { seeAll } from '../list/looks.js';
import { show } from '../view/use-view.js';
import { SORTS, UNFILTERED, type View } from '../view/view.js';
import { chooseLanguage, LANGUAGES, texts } from '../language/language.js';

/** A command of the palette. */
export interface Command {
  readonly name: string;
  readonly run: () => void;
}

/** The commands that are always available. */
export function allCommands({
  pages,
  onHelp,
  onSignOut,
}: {
  /** The pages available to the signed-in user. */
  readonly pages: readonly View['page'][];
  readonly onHelp: () => void;
  readonly onSignOut: () => void;
}): readonly Command[] {
  return [
    ...pages.map((page) => ({
      name: texts().palette.goTo(texts().pages[page]),
      run: () => {
        show({ page });
      },
    })),
    {
      name: texts().palette.pinned,
      run: () => {
        show({ page: 'history', pinned: true });
      },
    },
    {
      name: texts().palette.archived,
      run: () => {
        show({ page: 'history', archived: 'true' });
      },
    },
    {
      name: texts().palette.clear,
      run: () => {
        show({ page: 'history', ...UNFILTERED });
      },
    },
    ...SORTS.map((sort) => ({
      name: texts().palette.order(texts().orders[sort]),
      run: () => {
        show({ page: 'history', sort });
      },
    })),
    ...LANGUAGES.map(({ id, name }) => ({
      name: texts().palette.language(name),
      run: () => {
        void chooseLanguage(id);
      },
    })),
    { name: texts().palette.seeAll, run: seeAll },
    { name: texts().app.keys, run: onHelp },
    { name: texts().app.signOut, run: onSignOut },
  ];
}

/** The commands whose names contain all words of a text, and a search for the text. */
export function commandsFor(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/);
  const found = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  if (text.trim() === '') return found;
  const search = {
    name: texts().palette.search(text.trim()),
    run: () => {
      show({ page: 'history', search: text.trim() });
    },
  };
  return [...found, search];
}
