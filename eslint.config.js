// ESLint reads no other file name by itself; the rules are in .eslintrc.js.
export { default } from './.eslintrc.js';
