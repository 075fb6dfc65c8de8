/** Lays out all that an image has in a folder, which is made anew. */
export function layOutImage(root: string): void;
