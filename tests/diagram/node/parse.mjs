// Parses Mermaid texts with Mermaid under Node: a JSON list of texts on stdin, a JSON list of answers on stdout.
// usage: node parse.mjs FOLDER PACKAGE     FOLDER has node_modules, PACKAGE is a name in its package.json
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, name] = process.argv.slice(2);
const find = createRequire(`${folder}/package.json`);
// Mermaid cleans labels with DOMPurify, which needs a document.
const { JSDOM } = find('jsdom');
globalThis.window = new JSDOM('').window;
globalThis.document = globalThis.window.document;
const { default: mermaid } = await import(pathToFileURL(`${folder}/node_modules/${name}/dist/mermaid.core.mjs`));

const answers = [];
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    await mermaid.parse(text);
    answers.push(null);
  } catch (error) {
    answers.push(String(error.message));
  }
}
process.stdout.write(JSON.stringify(answers));
