/** Whether a file was made after all of its sources came to be as they are. */
export function isNewer(target: string, sources: readonly string[]): boolean;

/** All files of a folder, in whatever depth; none where there is no such folder. */
export function filesIn(folder: string): readonly string[];
