import { inSpan } from './span.js';

type Method = (...parameters: unknown[]) => unknown;

/** Has a span for each call of a method of an object, named by both. */
export function traceCalls(object: object, name: string): void {
  for (const method of methodsOf(object)) {
    const call = Reflect.get(object, method) as Method;
    Object.defineProperty(object, method, {
      value: (...parameters: unknown[]) =>
        inSpan(`${name}.${method}`, {}, () => Reflect.apply(call, object, parameters)),
      configurable: true,
      writable: true,
    });
  }
}

/** Names of the methods that an object has from its classes. */
function methodsOf(object: object): ReadonlySet<string> {
  const names = new Set<string>();
  let prototype = Reflect.getPrototypeOf(object);
  while (prototype !== null && prototype !== Object.prototype) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    prototype = Reflect.getPrototypeOf(prototype);
  }
  return names;
}
