import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import type { z } from 'zod';

/**
 * A schema whose JSON Schema is made once. The library asks for it with every call of a tool, for each of its servers is a new one, and
 * making it takes longer than most answers.
 */
export function convertedOnce<S extends z.ZodType>(
  schema: S,
): StandardSchemaWithJSON<z.input<S>, z.output<S>> {
  const standard = (schema as unknown as StandardSchemaWithJSON<z.input<S>, z.output<S>>)['~standard'];
  const { input, output } = standard.jsonSchema;
  return { '~standard': { ...standard, jsonSchema: { input: once(input), output: once(output) } } };
}

/** The library asks for one kind of JSON Schema alone. */
function once<O, T>(convert: (options: O) => T): (options: O) => T {
  let converted: { readonly schema: T } | undefined;
  return (options) => (converted ??= { schema: convert(options) }).schema;
}
