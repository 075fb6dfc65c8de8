import compile from './compile.js';
import { bundleDependencies } from './dependencies.js';

/** What has to be there before the first test of any run. */
export default async function prepare() {
  await compile();
  await bundleDependencies();
}
