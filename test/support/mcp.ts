import { Client, StreamableHTTPClientTransport, type CallToolResult } from '@modelcontextprotocol/client';
import type { TestServer } from './server.js';
import { TEST_KEY } from './test-key.js';

/** The two generations of the protocol: the current revision, and the ones before it. */
export const REVISIONS = ['2026-07-28', 'before'] as const;

export type Revision = (typeof REVISIONS)[number];

/** A client from the protocol's own library. */
export function mcpClient(revision: Revision): Client {
  const mode = revision === 'before' ? 'legacy' : { pin: revision };
  return new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
}

/** A client connected to a server over HTTP. */
export async function connectMcp(
  server: TestServer,
  { key = TEST_KEY, revision = '2026-07-28' }: { readonly key?: string; readonly revision?: Revision } = {},
): Promise<Client> {
  const client = mcpClient(revision);
  const url = new URL(`${await server.app.getUrl()}/mcp`);
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  return client;
}

/** A tool's answer in both forms. */
export interface Answered<T> {
  readonly structure: T;
  readonly text: string;
}

/** Calls a tool; it must succeed. */
export async function callTool<T>(client: Client, name: string, input: object = {}): Promise<Answered<T>> {
  const result = await client.callTool({ name, arguments: { ...input } });
  if (result.isError === true) throw new Error(`${name}: ${textOf(result)}`);
  return { structure: result.structuredContent as T, text: textOf(result) };
}

/** The message of a tool call that must fail. */
export async function refusalOf(client: Client, name: string, input: object = {}): Promise<string> {
  const result = await client.callTool({ name, arguments: { ...input } });
  if (result.isError !== true) throw new Error(`${name} refused nothing: ${textOf(result)}`);
  return textOf(result);
}

function textOf({ content }: Pick<CallToolResult, 'content'>): string {
  return content.map((block) => (block.type === 'text' ? block.text : `(${block.type})`)).join('\n');
}

/** The text of a resource. */
export async function textOfResource(client: Client, uri: string): Promise<string> {
  const { contents } = await client.readResource({ uri });
  return contents.map((content) => ('text' in content ? content.text : '')).join('');
}
