/** Unvalidated query parameters: clients of Hermes send some that it ignores. */
export type LenientQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A number from 0 to `most`; `usual` if it is missing or unreadable. */
export function numberIn(query: LenientQuery, name: string, usual: number, most: number): number {
  const text = textIn(query, name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Math.min(Number(text), most) : usual;
}

/** A text; undefined if it is missing, empty, or sent several times. */
export function textIn(query: LenientQuery, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Texts separated by commas; undefined if there is none. */
export function textsIn(query: LenientQuery, name: string): readonly string[] | undefined {
  const texts = (textIn(query, name) ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  return texts.length === 0 ? undefined : texts;
}

/** A switch: on for 1, true, yes and on. */
export function switchIn(query: LenientQuery, name: string): boolean {
  return /^(1|true|yes|on)$/i.test(textIn(query, name) ?? '');
}
