import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '../domain/errors.js';
import { accessWithin, type SessionAccess } from '../sessions/session-access.js';
import { SessionReader } from '../sessions/session-reader.js';

/** A profile, and what of an access lies in it. */
export interface ScopedProfile {
  readonly name: string;
  readonly access: SessionAccess;
}

/** Some profiles, and what of an access lies in any of them. */
export interface ScopedProfiles {
  readonly together: SessionAccess;
  readonly each: readonly ScopedProfile[];
}

/** What of an access lies in the profile that a request to one of Hermes's own routes is about. */
@Injectable()
export class ProfileScope {
  constructor(@Inject(SessionReader) private readonly reader: SessionReader) {}

  /**
   * @param name the profile that is named; where none is, it is the one in Hermes's folder itself, as for Hermes.
   * @throws {DomainError} `profile_not_found`, also where the key may not know of it.
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

  /** All profiles of which somebody may know. */
  async all(access: SessionAccess): Promise<ScopedProfiles> {
    const names = [...new Set((await this.reader.profileNames(access)).map(({ name }) => name))];
    return {
      together: accessWithin(access, { profile: names }),
      each: names.map((name) => ({ name, access: accessWithin(access, { profile: [name] }) })),
    };
  }

  /**
   * The same as a query of the dashboard names it.
   * @throws {DomainError} `profile_not_found` in its words
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
