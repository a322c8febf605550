// SPDX-License-Identifier: Apache-2.0
// Figures: JSON lines {name, value, unit, baseline, ratio}. `baseline` is measured in the same run, or the aim where nothing else
// can do the same; `note` says which.
import { execFileSync } from "node:child_process";
import fs from "node:fs";

const round = (number) => (Math.abs(number) >= 100 ? Math.round(number) : Number(number.toPrecision(3)));

export function print(name, value, unit, baseline, note) {
  console.log(JSON.stringify({ name, value: round(value), unit, baseline: round(baseline), ratio: round(value / baseline), note }));
}

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))];
}

export const median = (values) => quantile(values, 0.5);
export const now = () => Number(process.hrtime.bigint()) / 1e6;
export const nap = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// fork + exec + wait of a command, in milliseconds.
export function floorOf(probe, count, argv) {
  const [p50, p99] = execFileSync(probe, ["floor", String(count), ...argv], { encoding: "utf8" }).split(" ").map(Number);
  return { p50: p50 / 1000, p99: p99 / 1000 };
}

// MiB of a process: rss, pss, private (dirty + clean), and its highest rss since `forgetPeak`.
export function memory(pid) {
  const rollup = fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = (text, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)[1]) / 1024;
  return { rss: kib(rollup, "Rss"), pss: kib(rollup, "Pss"), anonymous: kib(rollup, "Anonymous"), peak: kib(status, "VmHWM") };
}

export const forgetPeak = (pid) => fs.writeFileSync(`/proc/${pid}/clear_refs`, "5");
