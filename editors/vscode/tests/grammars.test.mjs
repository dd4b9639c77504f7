// The grammars as the editor's own engine applies them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";
import test from "node:test";

const require = createRequire(import.meta.url);
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

// What a grammar for TOML and YAML at large does is not the subject; these stand in for them.
const hosts = {
  "source.toml": {
    scopeName: "source.toml",
    patterns: [
      { match: "#.*$", name: "comment.line.toml" },
      { begin: "'''", end: "'''", name: "string.quoted.triple.toml" },
      { match: '"[^"]*"', name: "string.quoted.double.toml" },
    ],
  },
  "source.yaml": {
    scopeName: "source.yaml",
    patterns: [
      { match: "#.*$", name: "comment.line.yaml" },
      { match: "'[^']*'", name: "string.quoted.single.yaml" },
    ],
  },
};

const grammars = manifest.contributes.grammars;

const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async (scope) => {
    if (hosts[scope]) return hosts[scope];
    const own = grammars.find((grammar) => grammar.scopeName === scope);
    const file = path.join(root, own.path);
    return textmate.parseRawGrammar(readFileSync(file, "utf8"), file);
  },
  getInjections: (scope) =>
    grammars.filter((one) => one.injectTo?.includes(scope)).map((one) => one.scopeName),
});

/** The scopes of the first place where each word stands in a text. */
async function scopes(host, text, word) {
  const grammar = await registry.loadGrammar(host);
  let stack = textmate.INITIAL;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    const at = line.indexOf(word);
    if (at >= 0) {
      const token = tokens.find((one) => one.startIndex <= at && at < one.endIndex);
      return token.scopes;
    }
  }
  return assert.fail(`no ${word}`);
}

async function holds(host, text, word, scope) {
  const found = await scopes(host, text, word);
  assert.ok(found.includes(scope), `${word}: ${found.join(" ")}`);
}

test("EQL is coloured within a rule", async () => {
  const rule = readFileSync(
    path.join(root, "../../rules/windows/lateral_movement_incoming_wmi.toml"),
    "utf8",
  );
  await holds("source.toml", rule, "sequence by", "keyword.control.eql");
  await holds("source.toml", rule, "maxspan =", "keyword.other.eql");
  await holds("source.toml", rule, "network.direction", "variable.other.field.eql");
  await holds("source.toml", rule, '"svchost.exe"', "string.quoted.double.eql");
  await holds("source.toml", rule, "/* Accepted", "comment.block.eql");
  // What comes behind the query is TOML again.
  const behind = await scopes("source.toml", rule, "MITRE ATT&CK");
  assert.ok(behind.includes("string.quoted.double.toml"), behind.join(" "));
});

test("KQL and ES|QL are told by their first words", async () => {
  const kql = "query = '''\nevent.dataset:aws.cloudtrail and not user.name : (\"a b\" or x*)\n'''\nname = \"x\"\n";
  await holds("source.toml", kql, "event.dataset", "variable.other.field.kql");
  await holds("source.toml", kql, "and not", "keyword.operator.logical.kql");
  await holds("source.toml", kql, '"a b"', "string.quoted.double.kql");
  await holds("source.toml", kql, '"x"', "string.quoted.double.toml");
  const esql = "query = '''\nfrom logs-* metadata _id\n| where process.name == \"x\" // c\n| stats n = count(*) by host.id\n'''\n";
  await holds("source.toml", esql, "from", "keyword.control.esql");
  await holds("source.toml", esql, "where", "keyword.control.esql");
  await holds("source.toml", esql, "count", "support.function.esql");
  await holds("source.toml", esql, "// c", "comment.line.double-slash.esql");
});

test("what is Trapline's is coloured in a scenario", async () => {
  const scenario = readFileSync(
    path.join(root, "../../scenarios/windows/lateral_movement_incoming_wmi.yaml"),
    "utf8",
  );
  await holds("source.yaml", scenario, "attack:", "keyword.control.scenario");
  await holds("source.yaml", "  rpc: {is: network.flow, at: 0.8s}", "network.flow", "entity.name.type.scenario");
  await holds("source.yaml", "  rpc: {is: network.flow, at: 0.8s}", "0.8s", "constant.numeric.scenario");
  await holds("source.yaml", "    expect: none", "none", "constant.language.scenario");
  await holds("source.yaml", "    because: maxspan", "because", "keyword.control.scenario");
  await holds("source.yaml", "      $integrity: High", "$integrity", "variable.other.scenario");
  const comment = await scopes("source.yaml", "# because: x", "because");
  assert.ok(!comment.includes("keyword.control.scenario"));
});
