import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { defined } from '../domain/defined.js';
import { isInheritedName } from '../domain/inherited-name.js';
import { isRecord } from '../text/json.js';
import { ApiError } from './errors.js';

/** Validates every query and body against its class. Unknown parameters and fields are refused: a typo in a filter must not return everything. */
export class RequestValidation extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      stopAtFirstError: true,
      exceptionFactory: (errors) => validationFailure(errors),
    });
  }

  /**
   * A missing body counts as an empty one.
   * @throws {ApiError} `invalid_body` for a body that is not a JSON object; `invalid_parameter`; `unknown_parameter`
   */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && !(value === undefined || isRecord(value)))
      throw new ApiError('invalid_body');
    if (this.toValidate(metadata)) {
      const name = inheritedNameIn(value);
      if (name !== undefined) throw unknownParameter(name);
    }
    return super.transform(value, metadata);
  }
}

/**
 * Validates input that did not arrive in a URL or body against the class of a query or body. Undefined values count as absent.
 * @throws {ApiError} `invalid_parameter`, `unknown_parameter`
 */
export function checked<T extends object>(
  metatype: new () => T,
  value: object,
  type: 'query' | 'body' = 'query',
): Promise<T> {
  return VALIDATION.transform(defined(value), { type, metatype }) as Promise<T>;
}

/** The refusal of a parameter or field that the endpoint does not have. */
export function unknownParameter(name: string): ApiError {
  return new ApiError('unknown_parameter', {
    param: name,
    message: `${name} is not known here. Check its spelling.`,
  });
}

const VALIDATION = new RequestValidation();

/** The path of the first property, at any depth, whose name every object inherits. */
function inheritedNameIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, each] of Object.entries(value)) {
    if (isInheritedName(name)) return name;
    const inner = inheritedNameIn(each);
    if (inner !== undefined) return `${name}.${inner}`;
  }
  return undefined;
}

function validationFailure(errors: readonly ValidationError[]): ApiError {
  const [first] = errors;
  if (first === undefined) return new ApiError('bad_request');
  const { param, constraints } = innermost(first);
  if ('whitelistValidation' in constraints) return unknownParameter(param);
  return new ApiError('invalid_parameter', {
    param,
    message: Object.values(constraints)[0] ?? `${param} is not allowed.`,
  });
}

/** The innermost failing field, with its path: `filter.platform`. */
function innermost({ property, constraints = {}, children = [] }: ValidationError): {
  readonly param: string;
  readonly constraints: Readonly<Record<string, string>>;
} {
  const [child] = children;
  if (child === undefined) return { param: property, constraints };
  const inner = innermost(child);
  return { ...inner, param: `${property}.${inner.param}` };
}
