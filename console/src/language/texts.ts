import type { english } from './english.js';

/** The same texts in any language: the same names, and what they are told the same. */
type Translated<T> = T extends string
  ? string
  : T extends (...given: infer Given) => string
    ? (...given: Given) => string
    : { readonly [Name in keyof T]: Translated<T[Name]> };

/** Every text of the console in one language. */
export type Texts = Translated<ReturnType<typeof english>>;
