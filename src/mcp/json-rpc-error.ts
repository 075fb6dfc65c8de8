import type { ApiError } from '../http/errors.js';

/** JSON-RPC 2.0, section 5.1. Implementation-defined codes are between -32000 and -32099. */
const PARSE_ERROR = -32_700;
const SERVER_ERROR = -32_000;

/** An error that occurs before the message is processed, in JSON-RPC format. Its id is null, since the message is unknown. */
export function jsonRpcError(error: ApiError): { readonly status: number; readonly body: object } {
  const { code, message, status } = error;
  return {
    status,
    body: {
      jsonrpc: '2.0',
      id: null,
      error: { code: code === 'invalid_body' ? PARSE_ERROR : SERVER_ERROR, message, data: { code } },
    },
  };
}
