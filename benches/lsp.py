#!/usr/bin/env python3
"""How long `trapline lsp` takes to answer on the first rule and scenario: benches/lsp.py TRAPLINE

Each request is sent 50 times over standard input and output, as an editor does. Printed are the
median and the longest time of each, in milliseconds; needs nothing but Python.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULE = "rules/windows/lateral_movement_incoming_wmi.toml"
SCENARIO = "scenarios/windows/lateral_movement_incoming_wmi.yaml"
METHODS = ["completion", "hover", "definition", "references", "codeLens", "inlayHint", "formatting"]


class Server:
    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "lsp"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.asked = 0

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self):
        length = 0
        while (line := self.process.stdout.readline().strip()):
            name, value = line.split(b":", 1)
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))

    def ask(self, method, params):
        self.asked += 1
        self.send({"id": self.asked, "method": method, "params": params})
        while True:
            message = self.read()
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})
            elif message.get("id") == self.asked:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    server = Server(sys.argv[1])
    server.ask("initialize", {"rootUri": ROOT.as_uri(), "capabilities": {}})
    server.send({"method": "initialized", "params": {}})
    texts = {}
    for name in (SCENARIO, RULE):
        texts[name] = (ROOT / name).read_text()
        document = {
            "uri": (ROOT / name).as_uri(),
            "languageId": name.rsplit(".", 1)[1],
            "version": 1,
            "text": texts[name],
        }
        server.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
    print("| file | request | median ms | longest ms |\n|---|---|---|---|")
    for name, word in ((SCENARIO, "process.parent.executable"), (RULE, "network.direction")):
        before = texts[name][: texts[name].index(word) + 3]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        about = {
            "textDocument": {"uri": (ROOT / name).as_uri()},
            "position": position,
            "context": {"includeDeclaration": True},
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 500, "character": 0}},
            "options": {"tabSize": 2, "insertSpaces": True},
        }
        kind = "scenario" if name == SCENARIO else "rule"
        for method in METHODS:
            times = []
            for _ in range(50):
                since = time.perf_counter()
                server.ask(f"textDocument/{method}", about)
                times.append((time.perf_counter() - since) * 1000)
            print(f"| {kind} | `{method}` | {statistics.median(times):.1f} | {max(times):.1f} |")
    server.ask("shutdown", None)
    server.send({"method": "exit"})


main()
