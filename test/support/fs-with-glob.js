import { register } from 'node:module';

/** Replaces `fs` for the conformance suite, with the one export that older versions of Node lack. */
const FS = [
  "export * from 'node:fs';",
  "export { default } from 'node:fs';",
  "export function globSync() { throw new Error('not here'); }",
].join('\n');

const HOOKS = `
  const url = ${JSON.stringify(asUrl(FS))};
  export function resolve(name, context, next) {
    const isSuite = context.parentURL?.includes('/conformance/') === true;
    return name === 'fs' && isSuite ? { url, shortCircuit: true } : next(name, context);
  }
`;

function asUrl(source) {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

register(asUrl(HOOKS));
