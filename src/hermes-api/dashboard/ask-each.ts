import { toApiError } from '../../http/errors.js';
import { isStoreError } from '../../http/api-errors.decorator.js';
import type { ScopedProfile } from '../profile-scope.js';

/** What profiles answered, by their names, and which could not be read. */
export interface AnswersOfProfiles<T> {
  readonly answers: ReadonlyMap<string, T>;
  readonly errors: readonly UnreadableProfile[];
}

/** A profile that cannot be read, as Hermes's lists of several profiles tell of it. */
export interface UnreadableProfile {
  readonly profile: string;
  readonly error: string;
}

/** Asks each of some profiles: a history that cannot be read keeps nothing back of what the others say. */
export async function askEach<T>(
  profiles: readonly ScopedProfile[],
  ask: (profile: ScopedProfile) => Promise<T>,
): Promise<AnswersOfProfiles<T>> {
  const answers = new Map<string, T>();
  const errors: UnreadableProfile[] = [];
  const settled = await Promise.allSettled(profiles.map(ask));
  settled.forEach((outcome, at) => {
    const name = profiles[at]?.name ?? '';
    if (outcome.status === 'fulfilled') answers.set(name, outcome.value);
    else errors.push({ profile: name, error: reasonOf(outcome.reason) });
  });
  return { answers, errors };
}

/** @throws what is no failure of one history alone. */
function reasonOf(failure: unknown): string {
  const { code, message } = toApiError(failure);
  if (!isStoreError(code)) throw failure;
  return message;
}
