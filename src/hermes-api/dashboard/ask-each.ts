import { toApiError } from '../../http/errors.js';
import { isStoreError } from '../../http/api-errors.decorator.js';
import type { ScopedProfile } from '../profile-scope.js';

/** Answers by profile name, and the profiles that could not be read. */
export interface AnswersOfProfiles<T> {
  readonly answers: ReadonlyMap<string, T>;
  readonly errors: readonly UnreadableProfile[];
}

/** An unreadable profile, in the format of Hermes's combined lists. */
export interface UnreadableProfile {
  readonly profile: string;
  readonly error: string;
}

/** Asks each profile. An unreadable history does not affect the answers of the others. */
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

/** @throws the failure if it is not about a single history. */
function reasonOf(failure: unknown): string {
  const { code, message } = toApiError(failure);
  if (!isStoreError(code)) throw failure;
  return message;
}
