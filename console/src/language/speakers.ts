import { texts } from './language.js';

/** The displayed name of a message's role. */
export function speakerOf(role: string): string {
  const { speakers } = texts();
  return Object.hasOwn(speakers, role) ? speakers[role as keyof typeof speakers] : role;
}
