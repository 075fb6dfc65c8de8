import { texts } from './language.js';

/** Who said something. */
export function speakerOf(role: string): string {
  const { speakers } = texts();
  return Object.hasOwn(speakers, role) ? speakers[role as keyof typeof speakers] : role;
}
