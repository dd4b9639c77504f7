// The extension with a stand-in for the editor.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import Module from "node:module";
import test from "node:test";

const require = createRequire(import.meta.url);

/** What the extension did. */
const seen = { started: [], stopped: 0, registered: [], shown: [], warned: [] };

class Client {
  constructor(id, name, server, options) {
    Object.assign(this, { id, name, server, options, state: 1 });
  }
  async start() {
    if (this.server.command === "missing") throw new Error("spawn missing ENOENT");
    this.state = 2;
    seen.started.push(this);
  }
  async stop() {
    seen.stopped += 1;
  }
}

const stands = {
  vscode: {
    workspace: {
      workspaceFolders: [{ uri: { fsPath: "/project" } }],
      getConfiguration: () => ({ get: () => stands.path }),
      openTextDocument: async (uri) => ({ uri }),
      registerTextDocumentContentProvider: (scheme, provider) => {
        stands.provider = provider;
        return { scheme };
      },
      onDidChangeConfiguration: (react) => {
        stands.configure = react;
        return {};
      },
    },
    window: {
      showTextDocument: async (document) => seen.shown.push(stands.provider.provideTextDocumentContent(document.uri)),
      showErrorMessage: (text) => seen.warned.push(text),
      showWarningMessage: (text) => seen.warned.push(text),
    },
    commands: {
      registerCommand: (name, act) => {
        seen.registered.push(name);
        stands.restart = act;
        return {};
      },
    },
    Uri: { from: (parts) => parts },
    ViewColumn: { Beside: -2 },
    EventEmitter: class {
      event = () => ({});
      fire() {}
    },
  },
  "vscode-languageclient/node": { LanguageClient: Client, State: { Running: 2 } },
  path: "trapline",
};

const load = Module._load;
Module._load = (name, ...rest) =>
  name === "vscode" || name.startsWith("vscode-languageclient") ? stands[name] : load(name, ...rest);
const extension = require("../extension.js");

test("the extension starts the server, shows explanations and restarts", async () => {
  await extension.activate({ subscriptions: [] });
  const [client] = seen.started;
  assert.deepEqual(client.server, { command: "trapline", args: ["lsp"], options: { cwd: "/project" } });
  assert.deepEqual(seen.registered, ["trapline.restart"]);

  const { executeCommand } = client.options.middleware;
  await executeCommand("trapline.explain", [], async () => ({ text: "why" }));
  assert.deepEqual(seen.shown, ["why"]);
  await executeCommand("trapline.run", [], async () => ({ checks: [] }));
  assert.equal(seen.shown.length, 1);
  await executeCommand("trapline.accept", [], async () => {
    throw new Error("save the file first");
  });
  assert.match(seen.warned.pop(), /save the file first/);

  await stands.restart();
  assert.equal(seen.started.length, 2);
  assert.equal(seen.stopped, 1);

  stands.path = "missing";
  await stands.configure({ affectsConfiguration: () => true });
  assert.match(seen.warned.pop(), /`missing lsp` does not start/);
  await extension.deactivate();
});

test("every command of the manifest is registered, and every file that it names is there", () => {
  const manifest = require("../package.json");
  for (const { command } of manifest.contributes.commands) {
    assert.ok(seen.registered.includes(command), command);
  }
  for (const { path } of manifest.contributes.grammars) {
    assert.ok(require(`.${path}`), path);
  }
});
