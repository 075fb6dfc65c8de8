import { callerAddress, withoutPorts } from './caller-address.js';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::ffff:cb00:7107', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:DB8:1:2::', '2001:db8:1:2::'],
  ['2001:db8::1', '2001:db8:0:0::'],
  ['fe80::1%eth0', 'fe80:0:0:0::'],
  ['::1', '0:0:0:0::'],
  ['', ''],
])('the caller at %s counts as %s', (address, counted) => {
  expect(callerAddress(address)).toBe(counted);
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:1234', '203.0.113.7'],
  ['[2001:db8::1]:1234,203.0.113.7:80', '2001:db8::1, 203.0.113.7'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1234', '2001:db8::1234'],
  ['unknown:80, _hidden', 'unknown:80, _hidden'],
  ['', ''],
])('of the callers %s their addresses are %s', (header, addresses) => {
  expect(withoutPorts(header)).toBe(addresses);
});
