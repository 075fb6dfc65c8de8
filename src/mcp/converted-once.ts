import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import type { z } from 'zod';

/**
 * A schema that is converted to JSON Schema only once. The library converts it for every call of a tool, since each call has a new server, and the
 * conversion takes longer than most answers.
 */
export function convertedOnce<S extends z.ZodType>(
  schema: S,
): StandardSchemaWithJSON<z.input<S>, z.output<S>> {
  const standard = (schema as unknown as StandardSchemaWithJSON<z.input<S>, z.output<S>>)['~standard'];
  const { input, output } = standard.jsonSchema;
  return { '~standard': { ...standard, jsonSchema: { input: once(input), output: once(output) } } };
}

/** One cached value is enough: the library always asks for the same kind of JSON Schema. */
function once<O, T>(convert: (options: O) => T): (options: O) => T {
  let converted: { readonly schema: T } | undefined;
  return (options) => (converted ??= { schema: convert(options) }).schema;
}
