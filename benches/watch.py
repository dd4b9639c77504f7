#!/usr/bin/env python3
"""How long `trapline test --watch` takes from a save to the verdict: benches/watch.py TRAPLINE [RUNS]

Watches a copy of this repository's rules and scenarios and saves the first rule, its scenario and
the last rule in turn, each as many times as RUNS says (20). Printed are the median and the longest
time of each, in milliseconds, from before the file is written to the line with the verdict. The
program itself waits 1 ms for the end of a save, 10 ms where the system does not say that files were
closed. Needs nothing but Python.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAVED = [
    "rules/windows/lateral_movement_incoming_wmi.toml",
    "scenarios/windows/lateral_movement_incoming_wmi.yaml",
    "rules/windows/discovery_burst_by_one_user.toml",
]
VERDICTS = (b"ok ", b"FAILED ", b"ADDED ", b"CHANGED ")


class Watch:
    """`trapline test --watch`, both of its streams in one pipe, as a terminal shows them."""

    def __init__(self, program, project):
        environment = {key: value for key, value in os.environ.items() if key != "CI"}
        self.process = subprocess.Popen(
            [program, "test", "--watch"],
            cwd=project,
            env={**environment, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def until(self, *starts):
        """The time at which a line comes that begins with one of these."""
        while line := self.process.stdout.readline():
            if line.startswith(starts):
                return time.perf_counter()
        sys.exit("trapline ended")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    program = str(Path(sys.argv[1]).resolve())
    runs = int(sys.argv[2]) if len(sys.argv) == 3 else 20
    with tempfile.TemporaryDirectory() as project:
        for directory in ("rules", "scenarios", "exceptions"):
            shutil.copytree(ROOT / directory, Path(project) / directory)
        watch = Watch(program, project)
        try:
            watch.until(b"watching ")
            print("| saved | median ms | longest ms |\n|---|---|---|")
            for name in SAVED:
                path = Path(project) / name
                text = path.read_text()
                took = []
                for number in range(runs):
                    before = time.perf_counter()
                    path.write_text(f"{text}# {number}\n")
                    took.append((watch.until(*VERDICTS) - before) * 1000)
                    watch.until(b"watching ")
                print(f"| {name} | {statistics.median(took):.1f} | {max(took):.1f} |")
        finally:
            watch.process.terminate()
            watch.process.wait()


main()
