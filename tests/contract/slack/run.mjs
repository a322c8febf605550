// SPDX-License-Identifier: Apache-2.0
// node run.mjs --fairlead build/dev/fairlead [PART…]: what failed, then "N passed, N failed".
import * as clients from "./clients.mjs";
import * as setup from "./setup.mjs";
import * as transports from "./transports.mjs";
import { finish, part } from "./report.mjs";

const [option, binary, ...only] = process.argv.slice(2);
if (option !== "--fairlead" || !binary) {
  console.error("usage: node run.mjs --fairlead BINARY [PART…]");
  process.exit(2);
}
// The client of Slack rejects a promise of its own, with nothing, when it is told to disconnect in the middle of something.
process.on("unhandledRejection", (reason) => {
  if (reason !== undefined) throw reason;
});
const parts = {
  "web-api": clients.webApi,
  "socket-mode": clients.socketMode,
  manifest: setup.manifest,
  check: setup.checks,
  socket: transports.socket,
  signed: transports.signedRequests,
  oauth: transports.oauth,
};
for (const [name, body] of Object.entries(parts)) if (only.length === 0 || only.includes(name)) await part(name, () => body(binary));
finish();
