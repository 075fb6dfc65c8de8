/**
 * Whether every object has a property of this name. class-transformer leaves fields of such names out, so that nothing behind it could
 * refuse them as unknown.
 */
export function isInheritedName(name: string): boolean {
  return name in Object.prototype;
}
