/** The key of all servers in tests. */
export const TEST_KEY = 'test-key-0123456789abcdef';
