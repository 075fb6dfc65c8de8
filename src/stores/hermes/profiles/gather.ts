import { isStoreFailure } from '../file/sqlite-failure.js';
import { ownTurn } from '../index/own-turn.js';
import type { HermesProfile } from './hermes-profile.js';

/** What the profiles that can be read said, and which cannot. */
interface Gathered<T> {
  readonly answers: readonly T[];
  readonly unavailable: readonly string[];
}

/**
 * Asks several profiles, each in a turn of its own, and does without those that cannot be read.
 * @throws what is wrong with the first where all are broken, and everything that is no failure of one history alone.
 */
export async function gather<T>(
  profiles: readonly HermesProfile[],
  ask: (profile: HermesProfile) => Promise<T>,
): Promise<Gathered<T>> {
  const settled = await Promise.allSettled(
    profiles.map(async (profile) => {
      if (profiles.length > 1) await ownTurn();
      return ask(profile);
    }),
  );
  const failures = settled.filter((outcome) => outcome.status === 'rejected');
  const fatal = failures.find(({ reason }) => !isStoreFailure(reason));
  const failure = fatal ?? (failures.length === profiles.length ? failures[0] : undefined);
  if (failure !== undefined) throw failure.reason;
  return {
    answers: settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    unavailable: profiles
      .filter((_profile, at) => settled[at]?.status === 'rejected')
      .map(({ name }) => name),
  };
}
