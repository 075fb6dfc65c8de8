/** Session numbers per slice. The database's triggers contain the same size: changing it needs a migration. */
export const SLICE = 4096;
