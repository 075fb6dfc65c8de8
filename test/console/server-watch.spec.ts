import { jest } from '@jest/globals';
import { ServerWatch } from '../../console/src/api/server-watch.js';

describe('a server that is away', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('is tried again where a try is swallowed by the network', async () => {
    let isBack = false;
    const sent = jest.spyOn(globalThis, 'fetch').mockImplementation(async (request) => {
      if (isBack) return new Response('{}');
      if (sent.mock.calls.length === 1) throw new TypeError('refused');
      const { signal } = request as Request;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    });
    const watch: ServerWatch = new ServerWatch((signal) =>
      watch.fetch(new Request('http://127.0.0.1:9', { signal })),
    );
    await expect(watch.fetch(new Request('http://127.0.0.1:9'))).rejects.toThrow('refused');
    expect(watch.snapshot().reach).toBe('away');
    await jest.advanceTimersByTimeAsync(5000);
    expect(sent).toHaveBeenCalledTimes(2);
    isBack = true;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(watch.snapshot().reach).toBe('there');
  });
});
