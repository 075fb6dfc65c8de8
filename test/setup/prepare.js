import compile from './compile.js';
import { bundleDependencies } from './dependencies.js';

/** Prepares what every run needs before its first test. */
export default async function prepare() {
  await compile();
  await bundleDependencies();
}
