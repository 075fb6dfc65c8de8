import { Controller, Get, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { UsualScope } from '../../auth/scopes.js';
import { Settings } from '../../config/settings.js';
import { ErrorsIn } from '../../http/error-form.decorator.js';
import type { LenientQuery } from '../lenient-query.js';
import { dashboardDocument } from './dashboard-document.js';
import { toDashboardError } from './dashboard.errors.js';
import type { DashboardObject } from './dashboard.presenter.js';

/** `/dashboard/openapi.json`, and `/openapi.json` for requests with a session token. */
@ApiExcludeController()
@Controller('dashboard/openapi.json')
@UsualScope('sessions:read')
@ErrorsIn(toDashboardError)
export class DashboardDocumentController {
  readonly #document: DashboardObject;

  constructor({ BASE_PATH: base }: Settings) {
    this.#document = dashboardDocument(base);
  }

  @Get()
  get(@Query() _query: LenientQuery): DashboardObject {
    return this.#document;
  }
}
