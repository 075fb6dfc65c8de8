import type { ClientOptions } from './hermes-sessions.js';

type Fetch = NonNullable<ClientOptions['fetch']>;

/** Shows a key. @throws {TypeError} where no header can have it */
export function authorize(request: Request, key: string): void {
  request.headers.set('Authorization', `Bearer ${key}`);
}

/**
 * Keeps each request for as long as the body of its answer. In Node.js 20 a body hears of its signal through the request alone, which nobody
 * else keeps: after the next garbage collection the signal would end it no more.
 */
export function keepingRequests(fetch: Fetch): Fetch {
  const requests = new WeakMap<object, Request>();
  return async (request) => {
    const response = await fetch(request);
    requests.set(response.body ?? response, request);
    return response;
  };
}
