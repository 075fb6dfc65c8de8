/** The key of every server that a test starts. */
export const TEST_KEY = 'test-key-0123456789abcdef';
