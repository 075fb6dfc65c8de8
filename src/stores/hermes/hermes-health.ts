import { Injectable } from '@nestjs/common';
import type { SessionAccess } from '../../domain/access.js';
import {
  StoreHealth,
  type ProfileMeasurements,
  type ProfileStatus,
  type StandbyMeasurements,
  type StoreFeatures,
  type StoreReadiness,
  type StoreStatus,
} from '../../sessions/store-health.js';
import { gather } from './profiles/gather.js';
import type { HermesProfile } from './profiles/hermes-profile.js';
import { HermesProfiles } from './profiles/hermes-profiles.js';

/** The health of Hermes's profiles. */
@Injectable()
export class HermesHealth extends StoreHealth {
  constructor(private readonly profiles: HermesProfiles) {
    super();
  }

  features(): Promise<StoreFeatures> {
    return this.profiles.main.health.features();
  }

  async status(): Promise<StoreStatus> {
    const { answers } = await gather(this.profiles.all, (profile) => profile.health.status());
    const ages = answers.map(({ indexAgeSeconds }) => indexAgeSeconds);
    const known = ages.filter((age) => age !== null);
    return {
      ...(answers[0] ?? (await this.profiles.main.health.status())),
      sessions: sum(answers.map(({ sessions }) => sessions)),
      messages: sum(answers.map(({ messages }) => messages)),
      activeSessions: sum(answers.map(({ activeSessions }) => activeSessions)),
      unreadableSessions: sum(answers.map(({ unreadableSessions }) => unreadableSessions ?? 0)),
      indexAgeSeconds: known.length < ages.length ? null : Math.max(...known),
      staleReason: answers.find(({ staleReason }) => staleReason !== null)?.staleReason ?? null,
    };
  }

  measurements(): Promise<readonly ProfileMeasurements[]> {
    return Promise.all(this.profiles.all.map((profile) => profile.health.measure()));
  }

  standbys(): readonly StandbyMeasurements[] {
    return [];
  }

  profilesOf(access: SessionAccess): Promise<readonly ProfileStatus[]> {
    return Promise.all(this.profiles.allowed(access).map((profile) => this.#describe(profile)));
  }

  /**
   * Not ready while an index is being built; otherwise ready if one profile is. So a broken history neither keeps the others from being served nor
   * delays requests to them, and a partly damaged one is served as far as possible.
   */
  async readiness(): Promise<StoreReadiness> {
    const all = await Promise.all(this.profiles.all.map((profile) => profile.health.readiness()));
    const unready = all.filter((one) => !one.ready);
    const building = unready.find((one) => one.building);
    if (building !== undefined) return building;
    return all.find((one) => one.ready) ?? unready[0] ?? { ready: true };
  }

  async #describe(profile: HermesProfile): Promise<ProfileStatus> {
    const isDefault = profile === this.profiles.main;
    const readiness = await profile.health.condition();
    return { name: profile.name, origin: null, isDefault, readiness, shipping: null };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
