import { useSyncExternalStore } from 'react';
import { english } from './english.js';
import { formatsOf, type Formats } from './formats.js';
import type { Texts } from './texts.js';

/** A language that the console speaks. */
export interface Language {
  /** As `<html lang>` and BCP 47 have it. */
  readonly id: string;
  /** What those call it who speak it. */
  readonly name: string;
  /** Beginnings of the names that browsers have for it. */
  readonly tags: readonly string[];
  /** Its texts, which are loaded when they are wanted; English is there in any case. */
  readonly load: () => Promise<(locale: string) => Texts>;
}

const ENGLISH: Language = {
  ...{ id: 'en', name: 'English', tags: ['en'] },
  load: () => Promise.resolve(english),
};

/** Every language of the console; the first one is for whoever understands none of them. */
export const LANGUAGES: readonly Language[] = [
  ENGLISH,
  {
    // Traditional characters are not these, and still nearer to whoever reads them than English is.
    ...{ id: 'zh-Hans', name: '简体中文', tags: ['zh'] },
    load: async () => (await import('./chinese.js')).chinese,
  },
];

/** Where the choice is kept. */
const KEPT = 'hermes-sessions-language';

interface Current {
  readonly language: Language;
  readonly texts: Texts;
  readonly formats: Formats;
}

let current: Current = { language: ENGLISH, texts: english('en'), formats: formatsOf('en') };

const listeners = new Set<() => void>();

/** Every text, in the language of the page. */
export function texts(): Texts {
  return current.texts;
}

/** What writes numbers and times in it. */
export function formats(): Formats {
  return current.formats;
}

/** The language of the page. What it says is worked out anew where the language becomes another one. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current.language);
}

/** The first language of somebody's that the console speaks, and the locale of theirs that it is part of. */
export function languageFor(
  kept: string | null,
  locales: readonly string[],
): { readonly language: Language; readonly locale: string } {
  const chosen = LANGUAGES.find(({ id }) => id === kept);
  for (const locale of locales) {
    const language = LANGUAGES.find((one) => one.tags.some((tag) => isOf(locale, tag)));
    if (language !== undefined && (chosen === undefined || chosen === language)) return { language, locale };
  }
  const language = chosen ?? ENGLISH;
  return { language, locale: language.id };
}

/** Speaks the language that was chosen here, or else that of the browser. */
export async function startLanguage(): Promise<void> {
  await speak(localStorage.getItem(KEPT));
}

/** Speaks another language from now on. */
export async function chooseLanguage(id: string): Promise<void> {
  localStorage.setItem(KEPT, id);
  await speak(id);
}

async function speak(kept: string | null): Promise<void> {
  const { language, locale } = languageFor(kept, navigator.languages);
  const textsOf = await language.load().catch(() => undefined);
  // Without its texts, as where the server is away, the page goes on in the language that it has.
  if (textsOf === undefined) return;
  current = { language, texts: textsOf(locale), formats: formatsOf(locale) };
  document.documentElement.lang = language.id;
  document.title = current.texts.app.title;
  for (const tell of listeners) tell();
}

function isOf(locale: string, tag: string): boolean {
  return locale.toLowerCase() === tag || locale.toLowerCase().startsWith(`${tag}-`);
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => {
    listeners.delete(tell);
  };
}
