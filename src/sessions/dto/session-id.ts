/** The path parameter of everything about one session. */
export const SESSION_ID = {
  name: 'session_id',
  description: 'Id of a session row, URL-encoded.',
  // A session of the demo, so that the first attempt there succeeds.
  example: '20260516_185535_f9a54e',
} as const;

/** A session to delete in an example: the one of the other examples stays for the next attempt. */
export const DELETED_SESSION_ID = { ...SESSION_ID, example: '20260127_032817_8f9633' } as const;
