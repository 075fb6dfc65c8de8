/** Creates the content of an image in a folder, which is emptied first. */
export function layOutImage(root: string): void;
