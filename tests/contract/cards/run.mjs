// SPDX-License-Identifier: Apache-2.0
// Writes each card as a typed constant on a line of its own and lets tsc judge it: an error's line is the card.
import { execFileSync } from 'node:child_process';
import ts from 'typescript';

const hostileRounds = 3;
const header = "import type { HomeView, KnownBlock, ModalView } from '@slack/types';";
const file = new URL('cards.generated.ts', import.meta.url).pathname;

const program = process.argv[2];
const cards = execFileSync(program, [String(hostileRounds)], { encoding: 'utf8', maxBuffer: 1 << 30 })
  .trim().split('\n').map((line) => JSON.parse(line));

const literal = (json) => JSON.stringify(json).replace(/[\u2028\u2029]/g, ' ');
// The types of views take blocks of any shape, so these are looked at apart.
function constants(card, i) {
  const blocks = `export const blocks${i} = ${literal(card.drawn.blocks)} satisfies KnownBlock[];`;
  const type = card.drawn.type === 'modal' ? 'ModalView' : 'HomeView';
  return card.view ? `${blocks} export const view${i} = ${literal(card.drawn)} satisfies ${type};` : blocks;
}

/** Error texts by index of the card. */
function judge(list) {
  const source = [header, ...list.map(constants)].join('\n');
  const options = {
    noEmit: true, strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext, skipLibCheck: true, types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.readFile = (name) => (name === file ? source : readFile.call(host, name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, options.target, true) : getSourceFile.call(host, name, ...rest);
  const errors = new Map();
  for (const diagnostic of ts.getPreEmitDiagnostics(ts.createProgram([file], options, host))) {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n').split('\n').slice(0, 3).join(' ');
    if (!diagnostic.file || diagnostic.file.fileName !== file) throw new Error(text);
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start);
    if (!errors.has(line - 1)) errors.set(line - 1, text);
  }
  return errors;
}

/** The same card with one thing wrong; nothing when it has no such place. */
function planted(card, spoil) {
  const copy = structuredClone(card);
  return spoil(copy.drawn) ? copy : undefined;
}
const find = (drawn, type) => drawn.blocks.find((block) => block.type === type);
const plants = {
  'a header in mrkdwn': (drawn) => { const b = find(drawn, 'header'); if (b) b.text.type = 'mrkdwn'; return b; },
  'a misspelt key': (drawn) => { const b = find(drawn, 'actions'); if (b) { b.element = b.elements; delete b.elements; } return b; },
  'a text that is no object': (drawn) => { const b = find(drawn, 'section'); if (b) b.text = 'x'; return b; },
  'an element of no kind': (drawn) => { const b = find(drawn, 'actions'); if (b) b.elements[0].type = 'knob'; return b; },
  'a style there is not': (drawn) => { const b = find(drawn, 'actions'); if (b) b.elements[0].style = 'loud'; return b; },
  'a number for a text': (drawn) => { const b = find(drawn, 'context'); if (b) b.elements[0].text = 3; return b; },
  'no title': (drawn) => (drawn.type === 'modal' ? delete drawn.title : undefined),
  'no label': (drawn) => { const b = find(drawn, 'input'); if (b) delete b.label; return b; },
};

let passed = 0, failed = 0;
const fail = (text) => { failed += 1; console.log(`FAILED ${text}`); };

const wrong = judge(cards);
cards.forEach((card, i) => (wrong.has(i) ? fail(`${card.name}: ${wrong.get(i)}`) : (passed += 1)));
for (const card of cards) {
  if (!card.view && typeof card.drawn.text !== 'string') fail(`${card.name} has no text`);
}

const spoilt = Object.entries(plants).flatMap(([what, spoil]) => {
  const card = cards.map((each) => planted(each, spoil)).find(Boolean);
  return card ? [{ ...card, what }] : (fail(`no card has a place for ${what}`), []);
});
const found = judge(spoilt);
spoilt.forEach((card, i) => (found.has(i) ? (passed += 1) : fail(`tsc did not find ${card.what} in ${card.name}`)));

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
