import * as asyncHooks from 'node:async_hooks';
import Runtime from 'jest-runtime';

/** The async contexts that the current test file, or its test runner, has opened. */
const opened = new Set();

/**
 * An async context that ends with the test file that opened it. Node passes each open context on to every promise, and Jest opens another one per
 * file: for forty files this took a sixth of the time.
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

/** The loaded modules of each project in this worker. */
const kept = new Map();

/**
 * A Jest runtime whose modules are shared by all test files of a worker. Otherwise each file would load the application again, and run code that is
 * not optimised yet: that takes a quarter of all time.
 */
export default class KeptRuntime extends Runtime {
  constructor(config, ...others) {
    const before = kept.get(config.id);
    if (before !== undefined) {
      // Otherwise imports of the next test file would count as late imports of the last one.
      before.enterTestCode();
      return before;
    }
    super(config, ...others);
    kept.set(config.id, this);
    const { coreModule } = this;
    const required = coreModule.require.bind(coreModule);
    coreModule.require = (name) => (/^(node:)?async_hooks$/.test(name) ? ASYNC_HOOKS : required(name));
  }

  /** After a test file only Jest's own modules are reloaded, since they have state of that file. */
  teardown() {
    this.restoreAllMocks();
    FileContext.endAll();
    this.registries.getInternalCjsRegistry().clear();
  }
}
