import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Authenticator } from './authenticator.js';
import { BearerGuard } from './bearer.guard.js';
import { KeyRing } from './key-ring.js';
import { Oidc } from './oidc.js';

/** Puts the {@link BearerGuard} in front of the whole application. */
@Module({
  providers: [KeyRing, Oidc, Authenticator, { provide: APP_GUARD, useClass: BearerGuard }],
  exports: [Authenticator],
})
export class AuthModule {}
