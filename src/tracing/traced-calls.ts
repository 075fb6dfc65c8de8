import { inSpan } from './span.js';

type Method = (...parameters: unknown[]) => unknown;

/** Traces each call of an object's methods in a span named after both. */
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

/** Names of the methods that an object inherits from its classes. */
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
