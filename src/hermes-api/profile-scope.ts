import { Injectable } from '@nestjs/common';
import { DomainError } from '../domain/errors.js';
import { accessWithin, type SessionAccess } from '../domain/access.js';
import { SessionReader } from '../sessions/session-reader.js';

/** A profile, and the part of an access that lies in it. */
export interface ScopedProfile {
  readonly name: string;
  readonly access: SessionAccess;
}

/** Several profiles, and the parts of an access that lie in them. */
export interface ScopedProfiles {
  readonly together: SessionAccess;
  readonly each: readonly ScopedProfile[];
}

/** Narrows a caller's access to the profile that a request to one of Hermes's routes names. */
@Injectable()
export class ProfileScope {
  constructor(private readonly reader: SessionReader) {}

  /**
   * @param name the named profile; by default the one in Hermes's own folder, as in Hermes.
   * @throws {DomainError} `profile_not_found`, also if the key may not see it.
   */
  async within(access: SessionAccess, name: string | undefined): Promise<SessionAccess> {
    const profiles = await this.reader.profileNames(name === undefined ? {} : access);
    const wanted = profiles.filter((profile) =>
      name === undefined ? profile.isDefault : profile.name === name,
    );
    if (name !== undefined && wanted.length === 0)
      throw new DomainError('profile_not_found', { param: 'profile' });
    return accessWithin(access, { profile: [...new Set(wanted.map((profile) => profile.name))] });
  }

  /** All profiles that the access includes. */
  async all(access: SessionAccess): Promise<ScopedProfiles> {
    const names = [...new Set((await this.reader.profileNames(access)).map(({ name }) => name))];
    return {
      together: accessWithin(access, { profile: names }),
      each: names.map((name) => ({ name, access: accessWithin(access, { profile: [name] }) })),
    };
  }

  /**
   * The same for a dashboard query.
   * @throws {DomainError} `profile_not_found` with the dashboard's message
   */
  async inDashboard(access: SessionAccess, name: string | undefined): Promise<SessionAccess> {
    try {
      return await this.within(access, name);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'profile_not_found') throw error;
      throw new DomainError('profile_not_found', { message: `Profile '${name ?? ''}' does not exist.` });
    }
  }
}
