import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InMemoryTransport, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { relay } from './relay.js';

/** What a client receives when it asks a server through the relay. */
async function answerOf(answer: (response: ServerResponse) => void): Promise<JSONRPCMessage> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      answer(response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const [client, relayed] = InMemoryTransport.createLinkedPair();
  const ended = relay(new URL(`http://127.0.0.1:${port}/mcp`), 'key', relayed);
  const answered = new Promise<JSONRPCMessage>((resolve) => {
    client.onmessage = resolve;
  });
  await client.start();
  await client.send({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'find_conversations' } });
  const message = await answered;
  await client.close();
  await ended;
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  return message;
}

const STREAM = { 'content-type': 'text/event-stream' };

describe('a request that is passed on', () => {
  it('is answered with what the server says', async () => {
    const answer = { jsonrpc: '2.0', id: 7, result: { content: [] } };
    const got = await answerOf((response) => {
      response.writeHead(200, STREAM).end(`data: ${JSON.stringify(answer)}\n\n`);
    });
    expect(got).toEqual(answer);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['ends without an answer', (response) => response.writeHead(200, STREAM).end()],
    [
      'breaks off',
      (response) => {
        response.writeHead(200, STREAM).write('event: message\ndata: {"json', () => response.destroy());
      },
    ],
  ])('is answered with an error where what the server says %s', async (_, answer) => {
    expect(await answerOf(answer)).toEqual({
      jsonrpc: '2.0',
      id: 7,
      error: { code: -32_603, message: 'The server closed the response before it was complete.' },
    });
  });

  it('is answered with an error where the server cannot be asked', async () => {
    const got = await answerOf((response) => response.destroy());
    expect(got).toMatchObject({
      id: 7,
      error: { message: expect.stringMatching(/^The server could not be reached: /) },
    });
  });
});
