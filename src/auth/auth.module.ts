import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Admission } from './admission.js';
import { Authenticator } from './authenticator.js';
import { BearerGuard } from './bearer.guard.js';
import { Issuer } from './issuer.js';
import { KeyRing } from './key-ring.js';
import { Oidc } from './oidc.js';

/** Puts the {@link BearerGuard} in front of the whole application. */
@Module({
  providers: [KeyRing, Issuer, Oidc, Authenticator, Admission, { provide: APP_GUARD, useClass: BearerGuard }],
  exports: [Admission, Issuer],
})
export class AuthModule {}
