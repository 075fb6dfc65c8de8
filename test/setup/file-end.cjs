/* global afterAll */

/** Has what a file of tests leaves behind cleared away at its end, though the modules that know of it live on. */
module.exports = () => {
  afterAll(async () => {
    const { endFile } = await import('../support/file-end.js');
    await endFile();
  });
};
