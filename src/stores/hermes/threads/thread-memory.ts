/** Rows live for a moment only: a small space for young objects is emptied more often and costs no time to speak of. */
export const THREAD_MEMORY = { maxYoungGenerationSizeMb: 4 } as const;
