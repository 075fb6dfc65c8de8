/** Runs with at least this number of test files show their progress. */
const MANY = 5;

/** Reports the number of test files, and after each file how many are left, the remaining time, and which are running. */
export default class Progress {
  #running = new Map();
  #begun = 0;
  #estimate = 0;

  onRunStart({ numTotalTestSuites: files }, { estimatedTime }) {
    this.#begun = Date.now();
    this.#estimate = estimatedTime;
    if (process.env.TEST_LENGTH === 'long')
      print(
        `Random tests at full length, each for ${process.env.TEST_SECONDS} s at most (TEST_SECONDS), TEST_SEED=${process.env.TEST_SEED}`,
      );
    if (files < MANY) return;
    const time = estimatedTime > 0 ? `, which took about ${length(estimatedTime)} last time` : '';
    print(`${files} files of tests${time}.`);
  }

  onTestFileStart(test) {
    this.#running.set(test, shortName(test));
  }

  onTestFileResult(test, _result, { numTotalTestSuites: files, ...done }) {
    this.#running.delete(test);
    if (files < MANY) return;
    const ended = done.numPassedTestSuites + done.numFailedTestSuites + done.numPendingTestSuites;
    const now = this.#running.size === 0 ? '' : `; now ${[...this.#running.values()].join(', ')}`;
    print(`  ${ended} of ${files} files${this.#left(ended / files)}${now}`);
  }

  /** Estimates the remaining time from the last run if there was one, otherwise from the finished share. */
  #left(share) {
    if (share === 1) return '';
    const passed = (Date.now() - this.#begun) / 1000;
    const whole = Math.max(this.#estimate, share > 0.2 ? passed / share : 0);
    return whole > passed ? `, about ${length(whole - passed)} left` : '';
  }
}

function shortName({ path, context }) {
  const name = path.slice(context.config.rootDir.length + 1).replace(/^test\/|\.(e2e-)?spec\.ts$/g, '');
  return `${context.config.displayName.name} ${name}`;
}

function length(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function print(line) {
  process.stderr.write(`${line}\n`);
}
