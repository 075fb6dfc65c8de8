import { isStoreFailure } from '../file/sqlite-failure.js';
import { ownTurn } from '../index/own-turn.js';
import type { HermesProfile } from './hermes-profile.js';

/** The answers of the readable profiles, and the names of the unreadable ones. */
interface Gathered<T> {
  readonly answers: readonly T[];
  readonly unavailable: readonly string[];
}

/**
 * Asks several profiles, each in its own turn of the event loop, and omits those that cannot be read.
 * @throws the failure of the first profile if all fail, and any error that does not concern one history alone.
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
