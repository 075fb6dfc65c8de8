/**
 * An object for making copies that are then filled. V8 stores an object to which many properties are added one by one as a hash table,
 * which takes several times as long to fill, copy and serialize. An object that was parsed as a whole is not stored so, and neither are
 * its copies.
 */
export function blankOf<T extends object>(filled: T): T {
  return JSON.parse(JSON.stringify(filled)) as T;
}
