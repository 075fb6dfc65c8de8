/** Stops what `postgres-cluster.js` started. */
export default async function stop() {
  await globalThis.stopTestCluster?.();
}
