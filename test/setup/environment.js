import { constants, createContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** What Node makes in its own realm, whichever realm asks for it. */
const OF_NODE = ['Buffer', 'ArrayBuffer', 'Uint8Array'];

/** Frames of an error's stack that are shown, as in Jest's own environment. */
const STACK_FRAMES = 100;

/** The environment of each project in this worker. */
const kept = new Map();

/**
 * Jest's environment with a global object as every program has one. Jest's own is a proxy that notes what is put onto it and is asked
 * each time that a program names `Map` or `Error`; an application takes a seventh longer to start there.
 */
export default class PlainEnvironment extends TestEnvironment {
  constructor(config, context) {
    const before = kept.get(config.projectConfig.id);
    if (before !== undefined) return before;
    super(config, context);
    kept.set(config.projectConfig.id, this);
    const noted = this.global;
    this.context = createContext(constants.DONT_CONTEXTIFY);
    this.global = this.context;
    for (const key of Reflect.ownKeys(noted)) {
      const descriptor = Object.getOwnPropertyDescriptor(noted, key);
      if (!Object.hasOwn(this.global, key)) Object.defineProperty(this.global, key, descriptor);
    }
    for (const name of OF_NODE) this.global[name] = globalThis[name];
    this.global.global = this.global;
    this.global.Error.stackTraceLimit = STACK_FRAMES;
    // What stands in for functions and timers puts that onto the global object.
    this.moduleMocker = new this.moduleMocker.constructor(this.global);
    this.fakeTimersModern = new this.fakeTimersModern.constructor({
      config: config.projectConfig,
      global: this.global,
    });
  }

  /** The next file of tests has the same global object, without what Jest noted there of this one. */
  async teardown() {
    delete this.global[Symbol.for('EVENT_HANDLERS')];
  }
}
