/** The path parameter of everything about one session. */
export const SESSION_ID = {
  name: 'session_id',
  description: 'Id of a session row, URL-encoded.',
  // A session of the demo, so that the first try succeeds there.
  example: '20260516_185535_f9a54e',
} as const;

/** Of what is deleted where somebody tries it: everything else that is filled in stays there for the next try. */
export const DELETED_SESSION_ID = { ...SESSION_ID, example: '20260127_032817_8f9633' } as const;
