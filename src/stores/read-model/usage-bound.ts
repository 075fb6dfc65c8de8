/** Tokens of one session, or dollars, are within this: a larger number comes from a damaged file, and some of those add up to none at all. */
export const USAGE_BOUND = 1e15;
