// SPDX-License-Identifier: Apache-2.0
//   node main.mjs --binary build/release/fairlead --probe probe --load load [--quick] [NAME…]
import { parseArgs } from "node:util";
import * as backlog from "./backlog.mjs";
import { measure as intake } from "./intake.mjs";
import { measure as log } from "./log.mjs";
import { measure as memory } from "./memory.mjs";
import { measure as recovery } from "./recovery.mjs";
import { measure as trigger } from "./trigger.mjs";

const figures = { memory, trigger, noop: backlog.noop, intake, log, recovery, backlog: backlog.measure };

const { values: tools, positionals } = parseArgs({
  allowPositionals: true,
  options: { binary: { type: "string" }, probe: { type: "string" }, load: { type: "string" }, quick: { type: "boolean" } },
});
let failed = false;
for (const name of positionals.length > 0 ? positionals : Object.keys(figures)) {
  if (!figures[name]) throw new Error(`there is no figure "${name}": ${Object.keys(figures).join(" ")}`);
  try {
    await figures[name](tools);
  } catch (error) {
    failed = true;
    console.error(`${name}: ${error.message}`);
  }
}
process.exit(failed ? 1 : 0);
