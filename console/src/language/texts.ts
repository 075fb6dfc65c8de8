import type { english } from './english.js';

/** The type of a translation: the same keys, with functions of the same parameters. */
type Translated<T> = T extends string
  ? string
  : T extends (...given: infer Given) => string
    ? (...given: Given) => string
    : { readonly [Name in keyof T]: Translated<T[Name]> };

/** All texts of the console in one language. */
export type Texts = Translated<ReturnType<typeof english>>;
