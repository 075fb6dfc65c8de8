import { jest } from '@jest/globals';
import { text as textOf } from 'node:stream/consumers';
import { EventStream } from './event-stream.js';

const KILOBYTE = 'x'.repeat(1024);

describe('the answer to a listener', () => {
  let dropped: number;
  let stream: EventStream;

  beforeEach(() => {
    dropped = 0;
    stream = new EventStream(() => dropped++);
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('has all of what one moment brings, in order, however much it is', async () => {
    const texts = Array.from({ length: 5000 }, (_, at) => `${at} ${KILOBYTE}\n`);
    for (const text of texts) stream.send(text);
    stream.end();
    expect((await textOf(stream)) === texts.join('')).toBe(true);
    expect(dropped).toBe(0);
  });

  it('ends where nothing waits, and takes nothing then', async () => {
    stream.send('told');
    stream.end();
    stream.send('too late');
    expect(await textOf(stream)).toBe('told');
  });

  it('is broken off where the listener does not read', () => {
    jest.useFakeTimers();
    for (let sent = 0; sent < 2000; sent++) stream.send(KILOBYTE);
    jest.advanceTimersByTime(2900);
    expect([dropped, stream.destroyed]).toEqual([0, false]);
    jest.advanceTimersByTime(200);
    expect([dropped, stream.destroyed]).toEqual([1, true]);
  });

  it('keeps nothing of what a listener has read who always stays a little behind', () => {
    const text = (at: number): string => Buffer.alloc(10_240, String(at)).toString();
    const kept = (): number => process.memoryUsage().heapUsed;
    for (let sent = 0; sent < 40; sent++) stream.send(text(sent));
    const before = kept();
    for (let round = 0; round < 20_000; round++) {
      expect(stream.read(10_240)).not.toBeNull();
      stream.send(text(round));
    }
    expect(dropped).toBe(0);
    expect(kept() - before).toBeLessThan(100 * 1024 * 1024);
    stream.destroy();
  });

  it('waits for as long as it takes where little waits', () => {
    jest.useFakeTimers();
    for (let sent = 0; sent < 1000; sent++) stream.send(KILOBYTE);
    jest.advanceTimersByTime(600_000);
    expect(dropped).toBe(0);
    stream.destroy();
  });

  it('is broken off at once where more waits than anybody may keep waiting', () => {
    for (let sent = 0; sent < 17 * 1024; sent++) stream.send(KILOBYTE);
    expect([dropped, stream.destroyed]).toEqual([1, true]);
  });
});
