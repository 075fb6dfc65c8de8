import { temporaryFolder, TestServer } from './server.js';

/** Asks servers the same, so that what one answers from an index that it kept or followed can be compared with what is right. */
export function asking(reads: readonly string[]): {
  readonly answersOf: (server: TestServer) => Promise<readonly unknown[]>;
  /** What is answered by a server that has no index yet. */
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
