// Starts `trapline lsp` for the open folder, and shows what its `explain` says.
"use strict";

const vscode = require("vscode");
const { LanguageClient, State } = require("vscode-languageclient/node");

/** The scheme of the pages that show explanations. */
const EXPLANATION = "trapline-explanation";

/** @type {LanguageClient | undefined} */
let client;

/** The text of each explanation by the path of its page. */
const explanations = new Map();

/** Keeps the page that is shown up to date. */
const changed = new vscode.EventEmitter();

function settings() {
  return vscode.workspace.getConfiguration("trapline");
}

/**
 * Shows an explanation beside the editor.
 * @param {string} text
 */
async function show(text) {
  const uri = vscode.Uri.from({ scheme: EXPLANATION, path: "/explanation.txt" });
  explanations.set(uri.path, text);
  changed.fire(uri);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, {
    preview: true,
    preserveFocus: true,
    viewColumn: vscode.ViewColumn.Beside,
  });
}

function create() {
  const folder = vscode.workspace.workspaceFolders?.[0];
  const options = folder ? { cwd: folder.uri.fsPath } : {};
  const command = settings().get("path", "trapline");
  return new LanguageClient(
    "trapline",
    "Trapline",
    { command, args: ["lsp"], options },
    {
      documentSelector: [
        { scheme: "file", language: "yaml" },
        { scheme: "file", language: "toml" },
        { scheme: "file", pattern: "**/*.{yaml,yml,toml,ndjson}" },
      ],
      middleware: {
        // The lenses call commands of the server; only what `explain` answers is for people.
        executeCommand: async (name, args, next) => {
          try {
            const answer = await next(name, args);
            if (name === "trapline.explain" && answer?.text) {
              await show(answer.text);
            }
            return answer;
          } catch (error) {
            void vscode.window.showWarningMessage(`Trapline: ${error.message ?? error}`);
            return undefined;
          }
        },
      },
    },
  );
}

async function start() {
  client = create();
  try {
    await client.start();
  } catch (error) {
    const command = settings().get("path", "trapline");
    void vscode.window.showErrorMessage(
      `Trapline: \`${command} lsp\` does not start (${error.message ?? error}). ` +
        "Install it with `pip install trapline`, or name the program in `trapline.path`.",
    );
  }
}

async function stop() {
  if (client?.state === State.Running) {
    await client.stop();
  }
  client = undefined;
}

/** @param {import("vscode").ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(EXPLANATION, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => explanations.get(uri.path) ?? "",
    }),
    vscode.commands.registerCommand("trapline.restart", async () => {
      await stop();
      await start();
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("trapline.path")) {
        await stop();
        await start();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
