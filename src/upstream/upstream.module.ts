import { Global, Module } from '@nestjs/common';
import { Upstream } from './upstream.js';

/** The Hermes API server behind this one. */
@Global()
@Module({ providers: [Upstream], exports: [Upstream] })
export class UpstreamModule {}
