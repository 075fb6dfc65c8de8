import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Admission } from './admission.js';
import { Authenticator } from './authenticator.js';
import { BearerGuard } from './bearer.guard.js';
import { Issuer } from './issuer.js';
import { FileKeys } from './file-keys.js';
import { KeyRing } from './key-ring.js';
import { Oidc } from './oidc.js';
import { SharedKeys } from './shared-keys.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SignInLinks } from './sign-in/sign-in-links.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { SignIns } from './sign-in/sign-ins.js';

/** Puts the {@link BearerGuard} in front of the whole application. */
@Module({
  controllers: [SignInController],
  providers: [
    ...[FileKeys, SharedKeys, KeyRing, Issuer, Oidc, Authenticator, Admission],
    ...[SignInLinks, SignIns, SignInService],
    { provide: APP_GUARD, useClass: BearerGuard },
  ],
  exports: [Admission, Issuer, SignInLinks],
})
export class AuthModule {}
