import { shippingWarning } from './shipping-status.js';

const WELL = { inStepSeconds: 4, comparedSeconds: 3000, heldSessions: 0 };

describe('a warning about the history of a host', () => {
  it.each([
    ['all is well', {}, null],
    ['it was never compared, since it still arrives', { comparedSeconds: null }, null],
    ['a host was retired', { inStepSeconds: null, comparedSeconds: null }, null],
    ['its shipper is behind', { inStepSeconds: 61 }, /^Its shipper does not run/],
    ['it was not compared for long', { comparedSeconds: 7201 }, /^It was not compared/],
    ['sessions are held back', { heldSessions: 1 }, /^Sessions are missing/],
    [
      'nothing is well',
      { inStepSeconds: 9e9, comparedSeconds: 9e9, heldSessions: 9 },
      /run.*compared.*missing/,
    ],
  ])('is given where it should be: %s', (_what, status, warning) => {
    const given = shippingWarning({ ...WELL, ...status });
    if (warning === null) expect(given).toBeNull();
    else expect(given).toMatch(warning);
  });
});
