import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { answerText } from './answer-text.js';

/** A schema of the OpenAPI document, reduced to what generating requests needs. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** An operation of the OpenAPI document. */
export interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

/** The OpenAPI document. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Checks answers against the OpenAPI document. */
export class DocumentedAnswers {
  readonly #ajv = new Ajv2020({ strict: false });

  constructor(document: Document) {
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(closed({ $id: 'api', components: document.components }) as object);
  }

  /** @throws if the status, the content type or a field of the body is undocumented. */
  async check(operation: Operation, response: Response): Promise<void> {
    const status = String(response.status);
    const declared = operation.responses[status];
    const text = await answerText(response);
    if (declared === undefined) throw new Error(`${status} is not declared: ${text}`);
    if (declared.content === undefined) {
      expect(text).toBe('');
      return;
    }
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    expect(Object.keys(declared.content)).toContain(type);
    if (type !== 'application/json' || response.headers.has('content-disposition')) return;
    const validate = this.#validatorOf(declared.content);
    if (!validate(JSON.parse(text)))
      throw new Error(`${status}: ${this.#ajv.errorsText(validate.errors)}: ${text.slice(0, 500)}`);
    expect(Number(status)).toBeLessThan(500);
  }

  #validatorOf(content: Readonly<Record<string, unknown>>): ValidateFunction {
    const media = content['application/json'] as { readonly schema: { readonly $ref?: string } };
    const { $ref } = media.schema;
    if ($ref === undefined) throw new Error('an answer has a schema of its own');
    return this.#ajv.compile({ $ref: `api${$ref}` });
  }
}

/** Closes all object schemas, so that undocumented fields are found. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, closed(item)] as const);
  const object: Record<string, unknown> = Object.fromEntries(entries);
  const isObject = object.properties !== undefined && object.type === 'object';
  return isObject && object.additionalProperties === undefined
    ? { ...object, additionalProperties: false }
    : object;
}
