/**
 * Whether every object inherits a property of this name. class-transformer drops fields with such names, so later validation could not
 * reject them as unknown.
 */
export function isInheritedName(name: string): boolean {
  return name in Object.prototype;
}
