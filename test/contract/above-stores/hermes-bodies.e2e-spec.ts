import { smallHistory } from '../../support/histories.js';
import { TestServer } from '../../support/server.js';

const KINDS = [
  undefined,
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'application/vnd.app+json',
];

describe("a body for Hermes's own servers", () => {
  it.each(['/api/sessions/plain', '/dashboard/api/sessions/plain'])(
    'is read as JSON whatever it says it is: %s',
    async (path) => {
      const server = await TestServer.start(smallHistory(25));
      const send = async (kind: string | undefined, body: string): Promise<number> => {
        const request = server.send('patch', path).serialize((bytes: unknown) => bytes as string);
        const { status } = await (kind === undefined ? request : request.set('Content-Type', kind)).send(
          Buffer.from(body),
        );
        return status;
      };
      for (const kind of KINDS) {
        const title = `Sent as ${kind ?? 'nothing'}`;
        expect([kind, await send(kind, JSON.stringify({ title }))]).toEqual([kind, 200]);
        expect(await server.json('/v1/sessions/plain')).toMatchObject({ title });
      }
      expect(await send('text/plain', 'title=x')).toBe(400);
      expect(await send('text/plain', '["title"]')).toBe(400);
      await server.close();
    },
  );
});
