/** Numbers of sessions in a slice, as triggers of the database know it: another size needs a migration. */
export const SLICE = 4096;
