import { temporaryFolder, TestServer } from './server.js';

/** Sends the same requests to several servers, to compare the answers from a kept or updated index with those from a new one. */
export function asking(reads: readonly string[]): {
  readonly answersOf: (server: TestServer) => Promise<readonly unknown[]>;
  /** The answers of a server with a new index. */
  readonly rightAnswers: (stateDb: string) => Promise<readonly unknown[]>;
} {
  const answersOf = (server: TestServer): Promise<readonly unknown[]> =>
    Promise.all(reads.map((path) => server.json(path)));
  return {
    answersOf,
    rightAnswers: async (stateDb) => {
      const server = await TestServer.onFile(stateDb, { INDEX_DIR: temporaryFolder() });
      const answers = await answersOf(server);
      await server.close();
      return answers;
    },
  };
}
