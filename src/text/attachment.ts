import { isRecord } from './tool-call.js';

/** A part of a message that is not text. */
export type Attachment =
  | { readonly kind: 'picture'; readonly address: string }
  | { readonly kind: 'recording'; readonly address: string; readonly bytes: number }
  | { readonly kind: 'file'; readonly type: string; readonly bytes: number }
  | { readonly kind: 'data'; readonly value: unknown };

/** Sounds that browsers play, by what models call them. */
const SOUNDS: Readonly<Record<string, string>> = {
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  webm: 'audio/webm',
};

const BASE64 = /^[A-Za-z0-9+/\s]+$/;

/** Characters from which on a text without a space is no text. */
const LONG = 200;

/** In time that grows with the text alone, whatever is in it. */
function isBase64(text: string): boolean {
  return BASE64.test(text.trimEnd().replace(/={1,2}$/, ''));
}

/** A size in the largest unit that it has one of. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** What a part of a message is, as far as it is not text. */
export function attachmentOf(part: unknown): Attachment {
  if (!isRecord(part)) return { kind: 'data', value: part };
  const image = isRecord(part.image_url) ? part.image_url.url : part.image_url;
  if (typeof image === 'string') return { kind: 'picture', address: image };
  const sound = part.input_audio;
  if (isRecord(sound) && typeof sound.data === 'string') return soundOf(sound.data, sound.format);
  const encoded = longestIn(part);
  if (encoded === 0) return { kind: 'data', value: part };
  return { kind: 'file', type: typeof part.type === 'string' ? part.type : 'file', bytes: bytesIn(encoded) };
}

function soundOf(encoded: string, format: unknown): Attachment {
  const type = typeof format === 'string' ? SOUNDS[format.toLowerCase()] : undefined;
  if (type === undefined || !isBase64(encoded))
    return { kind: 'file', type: `audio ${String(format)}`, bytes: bytesIn(encoded.length) };
  return { kind: 'recording', address: `data:${type};base64,${encoded}`, bytes: bytesIn(encoded.length) };
}

/** Characters of the longest encoded text anywhere in a value; 0 where there is none. */
function longestIn(value: unknown): number {
  if (typeof value === 'string') {
    const encoded = value.replace(/^data:[^,]*,/, '');
    return encoded.length > LONG && isBase64(encoded) ? encoded.length : 0;
  }
  if (typeof value !== 'object' || value === null) return 0;
  // One by one: a list may have more values than a function takes.
  return Object.values(value).reduce<number>((longest, part) => Math.max(longest, longestIn(part)), 0);
}

/** Bytes that were encoded in so many characters of base64. */
export function bytesIn(characters: number): number {
  return Math.round((characters * 3) / 4);
}
