import { isRecord } from './json.js';

/** A part of a message that is not text. */
export type Attachment =
  | { readonly kind: 'picture'; readonly address: string }
  | { readonly kind: 'recording'; readonly address: string; readonly bytes: number }
  | { readonly kind: 'file'; readonly type: string; readonly bytes: number }
  | { readonly kind: 'data'; readonly value: unknown };

/** MIME types of audio formats that browsers play, by the names that models use. */
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

/** A text without spaces that is longer than this is not considered a text. */
const LONG = 200;

/** Runs in linear time for any text. */
function isBase64(text: string): boolean {
  return BASE64.test(text.trimEnd().replace(/={1,2}$/, ''));
}

/** A size in a readable unit. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Classifies a part of a message that is not text. */
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

/** Length of the longest base64 text anywhere in a value; 0 if there is none. */
function longestIn(value: unknown): number {
  if (typeof value === 'string') {
    const encoded = value.replace(/^data:[^,]*,/, '');
    return encoded.length > LONG && isBase64(encoded) ? encoded.length : 0;
  }
  if (typeof value !== 'object' || value === null) return 0;
  // Not by spreading arguments: a list may have more values than a function accepts.
  return Object.values(value).reduce<number>((longest, part) => Math.max(longest, longestIn(part)), 0);
}

/** The number of bytes in this many base64 characters. */
export function bytesIn(characters: number): number {
  return Math.round((characters * 3) / 4);
}
