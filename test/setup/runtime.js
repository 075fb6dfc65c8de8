import * as asyncHooks from 'node:async_hooks';
import Runtime from 'jest-runtime';

/** The contexts of asynchronous work that a file of tests, or what runs its tests, has opened. */
const opened = new Set();

/**
 * A context that ends with the file of tests that opened it. Node hands each open one on to each promise, and Jest opens another one for
 * each file: a sixth of the time of forty of them went there.
 */
class FileContext extends asyncHooks.AsyncLocalStorage {
  run(...work) {
    opened.add(this);
    return super.run(...work);
  }

  enterWith(store) {
    opened.add(this);
    super.enterWith(store);
  }

  static endAll() {
    for (const context of opened) context.disable();
    opened.clear();
  }
}

const ASYNC_HOOKS = { ...asyncHooks.default, AsyncLocalStorage: FileContext };

/** The modules of each project, as this worker has loaded them. */
const kept = new Map();

/**
 * Jest's modules, which the files of tests that a worker runs one after the other have in common. Each file on its own would load
 * the application again, and run it as code that no compiler has seen yet: that takes a quarter of all time.
 */
export default class KeptRuntime extends Runtime {
  constructor(config, ...others) {
    const before = kept.get(config.id);
    if (before !== undefined) {
      // What the next file of tests imports is no late import of the last one.
      before.enterTestCode();
      return before;
    }
    super(config, ...others);
    kept.set(config.id, this);
    const { coreModule } = this;
    const required = coreModule.require.bind(coreModule);
    coreModule.require = (name) => (/^(node:)?async_hooks$/.test(name) ? ASYNC_HOOKS : required(name));
  }

  /** After a file of tests only Jest itself is loaded anew, which notes what belongs to that file. */
  teardown() {
    this.restoreAllMocks();
    FileContext.endAll();
    this.registries.getInternalCjsRegistry().clear();
  }
}
