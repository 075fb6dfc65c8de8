/** Limit for one session's tokens or dollars. Larger numbers come from a damaged file, and their sum could overflow. */
export const USAGE_BOUND = 1e15;
