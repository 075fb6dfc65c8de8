/** The path parameter of everything about one session. */
export const SESSION_ID = {
  name: 'session_id',
  description: 'Id of a session row, URL-encoded.',
  // A session of the demo, so that the first try succeeds there.
  example: '20260516_185535_f9a54e',
} as const;
