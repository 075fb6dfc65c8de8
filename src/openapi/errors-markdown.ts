import { ApiError, ERROR_CATALOGUE, type ErrorCode } from '../http/errors.js';

/** The error catalogue as a Markdown page with one row per code. */
export function errorsMarkdown(): string {
  const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
  return `# Errors

Written from \`src/http/errors.ts\` by \`npm run openapi\`; do not edit.

Every error has the body \`{"error": {"message", "type", "param", "code"}}\`. Branch on \`code\`; \`message\` is for
people and may name more than the text below. \`param\` names the parameter or field at fault, or is null.

| code | status | type | message | Retry-After |
| --- | --- | --- | --- | --- |
${codes.map(row).join('\n')}
`;
}

function row(code: ErrorCode): string {
  const error = new ApiError(code);
  const { type } = ERROR_CATALOGUE[code];
  const retry = error.retryAfter === undefined ? '' : `${error.retryAfter} s`;
  return `| \`${code}\` | ${error.status} | \`${type}\` | ${error.message} | ${retry} |`;
}
