/** The path parameter of everything about one session. */
export const SESSION_ID = {
  name: 'session_id',
  description: 'Id of a session row, URL-encoded.',
  example: '20260501_143012_a1b2c3d4',
} as const;
