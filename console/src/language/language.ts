import { useSyncExternalStore } from 'react';
import { english } from './english.js';
import { formatsOf, type Formats } from './formats.js';
import type { Texts } from './texts.js';

/** A language of the console. */
export interface Language {
  /** BCP 47 tag, also used in `<html lang>`. */
  readonly id: string;
  /** The language's own name for itself. */
  readonly name: string;
  /** Prefixes of the browsers' language tags. */
  readonly tags: readonly string[];
  /** Loads its texts on demand; English is always included. */
  readonly load: () => Promise<(locale: string) => Texts>;
}

const ENGLISH: Language = {
  ...{ id: 'en', name: 'English', tags: ['en'] },
  load: () => Promise.resolve(english),
};

/** All languages of the console; the first is the default. */
export const LANGUAGES: readonly Language[] = [
  ENGLISH,
  {
    // Readers of traditional characters understand these better than English.
    ...{ id: 'zh-Hans', name: '简体中文', tags: ['zh'] },
    load: async () => (await import('./chinese.js')).chinese,
  },
];

/** The storage key of the choice. */
const KEPT = 'hermes-sessions-language';

interface Current {
  readonly language: Language;
  readonly texts: Texts;
  readonly formats: Formats;
}

let current: Current = { language: ENGLISH, texts: english('en'), formats: formatsOf('en') };

const listeners = new Set<() => void>();

/** All texts in the current language. */
export function texts(): Texts {
  return current.texts;
}

/** Number and time formats of the current language. */
export function formats(): Formats {
  return current.formats;
}

/** The current language. Components that use it render again when it changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current.language);
}

/** The user's first supported language, and their locale for it. */
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

/** Activates the stored language, or else the browser's. */
export async function startLanguage(): Promise<void> {
  await speak(localStorage.getItem(KEPT));
}

/** Switches to another language. */
export async function chooseLanguage(id: string): Promise<void> {
  localStorage.setItem(KEPT, id);
  await speak(id);
}

async function speak(kept: string | null): Promise<void> {
  const { language, locale } = languageFor(kept, navigator.languages);
  const textsOf = await language.load().catch(() => undefined);
  // If the texts cannot be loaded, for example from an unreachable server, the language stays as it is.
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
