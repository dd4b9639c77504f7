#!/usr/bin/env python3
"""The processor time of `trapline.spark` beside that of one process, on one machine.

    benches/spark.py TRAPLINE RULES EVENTS.ndjson [FILES]

TRAPLINE is the program, RULES a directory, of which the EQL and KQL rules are taken, EVENTS a recording in
order of time, which is cut into FILES files (24) as an archive by the hour has them. Needs pyspark, Java and
GNU time. Two figures are given for Spark: the time of the program in its tasks, and the busy time of the whole
machine less that of a Spark whose tasks do nothing, for which the machine must be idle.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RUNS = int(os.environ.get("RUNS", "3"))

# What runs on Spark: the scan, and tasks as many that do nothing.
SCAN = """
from trapline import spark
spark.alerts(session.sparkContext, "rules", files).saveAsTextFile(out)
"""
NOTHING = """
context = session.sparkContext
context.parallelize(files, 2).mapPartitions(lambda some: []).collect()
nothing = context.parallelize(range(2), 2).flatMap(lambda part: [(part, "")]).partitionBy(2, int)
nothing.mapPartitionsWithIndex(lambda owner, parts: []).saveAsTextFile(out)
"""
SESSION = """
import sys
from pyspark.sql import SparkSession
cores, out, log, *files = sys.argv[1:]
session = (SparkSession.builder.master("local[%s]" % cores).config("spark.ui.enabled", "false")
           .config("spark.driver.host", "localhost").config("spark.eventLog.enabled", "true")
           .config("spark.eventLog.dir", log).config("spark.eventLog.compress", "false").getOrCreate())
{body}
session.stop()
"""


def busy() -> float:
    """The seconds that all cores were busy since the machine started."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    return sum(map(int, fields[1:4])) / os.sysconf("SC_CLK_TCK")


def prepared(folder: Path, program: str, rules: Path, events: Path, count: int) -> list[str]:
    """Lays out rules and files of events; returns the names of the files."""
    (folder / "rules").mkdir()
    (folder / "events").mkdir()
    for number, rule in enumerate(sorted(rules.rglob("*.toml"))):
        text = rule.read_text()
        if "_deprecated" not in rule.parts and re.search(r'^type = "(eql|query)"', text, re.MULTILINE):
            (folder / "rules" / f"{number}-{rule.name}").write_text(text)
    # Elasticsearch refuses some of them.
    plan = subprocess.run([program, "plan-shards", "--rules", "rules"], cwd=folder, capture_output=True, check=True)
    for rule in json.loads(plan.stdout)["not_run"]:
        (folder / rule["file"]).unlink()
    lines = events.read_bytes().splitlines(keepends=True)
    step = -(-len(lines) // count)
    names = []
    for number, start in enumerate(range(0, len(lines), step)):
        names.append(f"events/{number:03}.ndjson")
        (folder / names[-1]).write_bytes(b"".join(lines[start:start + step]))
    return names


def one_process(folder: Path, program: str) -> tuple[float, float, Counter]:
    """Processor time, time and alerts of one scan with one thread."""
    before, start = os.times(), time.monotonic()
    command = [program, "scan", "-j1", "--rules", "rules", "events"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, time.monotonic() - start, Counter(done.stdout.splitlines())


class OnSpark:
    """Runs Spark in a folder, with a program that notes its processor time."""

    def __init__(self, folder: Path, program: str, files: list[str]):
        self.folder, self.files, self.number = folder, files, 0
        self.noted = folder / "noted"
        wrapper = folder / "bin" / "trapline"
        wrapper.parent.mkdir()
        wrapper.write_text(f'#!/bin/sh\nexec /usr/bin/time -a -o {self.noted} -f "%U %S" {program} "$@"\n')
        wrapper.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY / "python"),
            "PYSPARK_PYTHON": sys.executable,
        }

    def run(self, body: str, cores: int) -> dict:
        """Busy time of the machine, time, the program's processor time, bytes shuffled, and alerts."""
        self.number += 1
        out, log = (self.folder / f"{name}-{self.number}" for name in ("out", "log"))
        log.mkdir()
        self.noted.write_text("")
        script = SESSION.format(body=body)
        before, start = busy(), time.monotonic()
        subprocess.run([sys.executable, "-c", script, str(cores), str(out), log.as_uri(), *self.files],
                       cwd=self.folder, env=self.environment, capture_output=True, check=True)
        alerts = Counter(line for part in out.glob("part-*") for line in part.read_text().splitlines())
        return {
            "busy": busy() - before,
            "seconds": time.monotonic() - start,
            "program": sum(map(float, self.noted.read_text().split())),
            "shuffled": shuffled(log),
            "alerts": alerts,
        }


def shuffled(log: Path) -> int:
    """The bytes that tasks wrote for others, by Spark's log of events."""
    written = 0
    for file in log.rglob("*"):
        if not file.is_file() or file.name.startswith("."):
            continue
        for line in file.read_text().splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerTaskEnd":
                metrics = (event.get("Task Metrics") or {}).get("Shuffle Write Metrics", {})
                written += metrics.get("Shuffle Bytes Written", 0)
    return written


def main() -> int:
    if len(sys.argv) not in (4, 5):
        print(__doc__.splitlines()[2].strip(), file=sys.stderr)
        return 2
    program = str(Path(sys.argv[1]).resolve())
    rules, events = (Path(argument).resolve() for argument in sys.argv[2:4])
    count = int(sys.argv[4]) if len(sys.argv) == 5 else 24
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = prepared(folder, program, rules, events, count)
        on_spark = OnSpark(folder, program, files)
        rows = []
        for _ in range(RUNS):
            spent, seconds, expected = one_process(folder, program)
            nothing, two, one = on_spark.run(NOTHING, 2), on_spark.run(SCAN, 2), on_spark.run(SCAN, 1)
            for run in (two, one):
                assert run["alerts"] == expected, "Spark gives other alerts"
            rows.append({
                "one process: processor s": spent,
                "one process: s": seconds,
                "program in tasks, 2 cores: processor s": two["program"],
                "program in tasks, to one process": two["program"] / spent,
                "program in tasks, 1 core, to one process": one["program"] / spent,
                "Spark that does nothing: busy s": nothing["busy"],
                "Spark, 2 cores: busy s": two["busy"],
                "Spark less nothing, to one process": (two["busy"] - nothing["busy"]) / spent,
                "shuffled kB": two["shuffled"] / 1000,
                "Spark, 1 core: s": one["seconds"],
                "Spark, 2 cores: s": two["seconds"],
                "1 core to 2, without the start": (one["seconds"] - nothing["seconds"]) / (two["seconds"] - nothing["seconds"]),
            })
        print(f"{len(files)} files, {sum(expected.values())} alerts, median of {RUNS} runs")
        for key in rows[0]:
            values = [row[key] for row in rows]
            print(f"{key:44} {statistics.median(values):10.2f}   {min(values):.2f} to {max(values):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
