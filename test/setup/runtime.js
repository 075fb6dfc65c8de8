import Runtime from 'jest-runtime';

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
  }

  /** After a file of tests only Jest itself is loaded anew, which notes what belongs to that file. */
  teardown() {
    this.restoreAllMocks();
    this.registries.getInternalCjsRegistry().clear();
  }
}
