import type { ClientOptions } from './hermes-sessions.js';

type Fetch = NonNullable<ClientOptions['fetch']>;

/** Sets the key of a request. @throws {TypeError} if the key is not a valid header value */
export function authorize(request: Request, key: string): void {
  request.headers.set('Authorization', `Bearer ${key}`);
}

/**
 * Keeps each request referenced as long as the body of its answer. In Node.js 20 a body reaches the abort signal only through the request, which
 * nobody else references: after a garbage collection, the signal would no longer abort the body.
 */
export function keepingRequests(fetch: Fetch): Fetch {
  const requests = new WeakMap<object, Request>();
  return async (request) => {
    const response = await fetch(request);
    requests.set(response.body ?? response, request);
    return response;
  };
}
