import { Module, type Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Settings } from '../config/settings.js';
import { AccessTokens, NO_ACCESS_TOKENS } from './access-tokens.js';
import { Admission } from './admission.js';
import { Authenticator } from './authenticator.js';
import { BearerGuard } from './bearer.guard.js';
import { Issuer } from './issuer.js';
import { FileKeys } from './file-keys.js';
import { KeyRing } from './key-ring.js';
import { SharedKeys } from './shared-keys.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SignInLinks } from './sign-in/sign-in-links.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { SignIns } from './sign-in/sign-ins.js';

/** The token verifier is loaded only if an issuer is configured. */
const ACCESS_TOKENS: Provider = {
  provide: AccessTokens,
  inject: [Settings, Issuer],
  useFactory: async (settings: Settings, issuer: Issuer) => {
    if (settings.OIDC_ISSUER === '') return NO_ACCESS_TOKENS;
    const { Oidc } = await import('./oidc.js');
    return new Oidc(settings, issuer);
  },
};

/** Puts the {@link BearerGuard} in front of the whole application. */
@Module({
  controllers: [SignInController],
  providers: [
    FileKeys,
    SharedKeys,
    KeyRing,
    Issuer,
    ACCESS_TOKENS,
    Authenticator,
    Admission,
    SignInLinks,
    SignIns,
    SignInService,
    { provide: APP_GUARD, useClass: BearerGuard },
  ],
  exports: [Admission, Issuer, SignInLinks],
})
export class AuthModule {}
