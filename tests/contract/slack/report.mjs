// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";

let passed = 0;
let failed = 0;

/** One thing that must hold; what was got is printed when it does not. */
export function check(name, holds, got = "") {
  if (holds) return ++passed;
  ++failed;
  console.log(`FAILED ${name}: ${typeof got === "string" ? got : JSON.stringify(got)}`.slice(0, 600));
}
export const same = (name, got, wanted) => check(name, isDeepStrictEqual(got, wanted), `wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);

/** A part; what it throws is a failure of its name. */
export async function part(name, body) {
  try {
    await body();
  } catch (error) {
    check(name, false, error.stack ?? String(error));
  }
}
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
