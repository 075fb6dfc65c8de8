import { constants, createContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** Globals that Node creates in its own realm, even for code of other realms. */
const OF_NODE = ['Buffer', 'ArrayBuffer', 'Uint8Array'];

/** Number of stack frames shown, as in Jest's own environment. */
const STACK_FRAMES = 100;

/** The environment of each project in this worker. */
const kept = new Map();

/**
 * Jest's environment with an ordinary global object. Jest's own global object is a proxy that records what is set on it. Each use of a global such as
 * `Map` or `Error` goes through it, which makes an application's start a seventh slower.
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
    // Mocks and fake timers install themselves on the global object.
    this.moduleMocker = new this.moduleMocker.constructor(this.global);
    this.fakeTimersModern = new this.fakeTimersModern.constructor({
      config: config.projectConfig,
      global: this.global,
    });
  }

  /** The next test file gets the same global object, without this file's Jest event handlers. */
  async teardown() {
    delete this.global[Symbol.for('EVENT_HANDLERS')];
  }
}
