"""Runs a project's rules over files of events on Apache Spark.

    trapline-spark --rules rules/ --out alerts/ events/

Spark schedules, retries and stores; the `trapline` program scans. Each task reads whole files, those of
a slice of time and its neighbourhood, and gives the alerts of the rules whose matches span a bounded
time. No event passes through Spark. The other rules (long or no span, samples, pipes) need all events
of their join key: the same task writes their stage hits, about a hundred bytes for each event that
meets a stage, Spark carries each to the task that owns its key, and these tasks correlate them.

The files and the rules must be at the same paths on every machine (a shared or mounted file system). Objects at
an address, such as `s3a://bucket/events/`, are listed by Spark and read by a program that is built with the feature
`object-store`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, Union

from trapline import find_trapline

__all__ = ["Incomplete", "alerts", "main"]

# Tasks that own join keys; the program writes a file of stage hits for each.
MOST_OWNERS = 200
# The bytes of a slice, unless there would be fewer slices than tasks run at once. A task loads all rules,
# which takes as long as scanning some 50 MB.
SLICE_BYTES = 512 << 20
EXTENSIONS = (".ndjson", ".jsonl", ".json", ".gz", ".zst", ".evtx", ".parquet")


class Incomplete(RuntimeError):
    """A task's program failed, or lost events."""


class Settings(NamedTuple):
    """What every task is given."""

    rules: str
    exceptions: tuple[str, ...]
    window: str
    directory: str


class File(NamedTuple):
    """A file of events and its times."""

    name: str
    size: int
    first: datetime | None
    last: datetime | None
    # It has events that are dated far from all others, which the times leave out.
    has_outliers: bool


# An alert, or the stage hits of an owner.
Found = Union[str, bytes]


class Slice(NamedTuple):
    """A slice of time and the files of its neighbourhood."""

    start: datetime | None
    end: datetime | None
    files: tuple[str, ...]


def trapline(settings: Settings, *arguments: str) -> str:
    """Runs the program and returns its standard output."""
    command = [find_trapline(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=settings.directory, check=False)
    if done.returncode != 0:
        raise Incomplete(f"{' '.join(arguments[:1])} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def scan(settings: Settings, *arguments: str) -> list[str]:
    """Scans, and returns the alerts, each a line of JSON."""
    lists = [word for path in settings.exceptions for word in ("--exceptions", path)]
    fixed = ["scan", "--rules", settings.rules, "--window", settings.window, "--complete", "-j1"]
    return trapline(settings, *fixed, *lists, *arguments).splitlines()


def plan(settings: Settings, *files: str) -> dict:
    """The plan of the rules, with the times of the files."""
    text = trapline(settings, "plan-shards", "--rules", settings.rules, "--window", settings.window, *files)
    return json.loads(text)


def catalogue(settings: Settings, files: Iterable[str]) -> Iterator[File]:
    """The times of files, each read once. No rule is loaded for it."""
    with tempfile.TemporaryDirectory() as empty:
        found = plan(settings._replace(rules=empty), *files)["files"]
    for file in found:
        if not file["is_read_to_its_end"]:
            raise Incomplete(f"{file['file']} cannot be read to its end")
        first, last = (file[key] and moment(file[key]) for key in ("from", "to"))
        yield File(file["file"], file["bytes"], first, last, file["outliers"] > 0)


def moment(text: str) -> datetime:
    """A time as the program writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def slices(files: list[File], count: int, window: timedelta) -> list[Slice]:
    """Cuts the time of the files into slices of about equal size, between files where these are small."""
    timed = sorted((file for file in files if file.first), key=lambda file: (file.first, file.name))
    total, read = sum(file.size for file in timed), 0
    cuts: set[datetime] = set()
    for file, after in zip(timed, [*timed[1:], None]):
        is_small = file.size * count < total
        for number in range(1, count):
            share = (total * number / count - read) / max(file.size, 1)
            if not 0 <= share < 1:
                continue
            if is_small and share >= 0.5:
                cuts.add(after.first if after else file.last)
            else:
                cuts.add(file.first + (file.last - file.first) * (0 if is_small else share))
        read += file.size
    cuts = sorted({whole_millisecond(cut) for cut in cuts})
    edges: list[datetime | None] = [None, *cuts, None]
    made = []
    for start, end in zip(edges, edges[1:]):
        near = tuple(file.name for file in files if is_near(file, start, end, window))
        if near:
            made.append(Slice(start, end, near))
    return made


def is_near(file: File, start: datetime | None, end: datetime | None, window: timedelta) -> bool:
    """Whether a slice needs a file. Outliers, and events of a file without times, may lie anywhere."""
    if file.first is None or file.has_outliers:
        return True
    return (end is None or file.first < end + window) and (start is None or start - window <= file.last)


def whole_millisecond(time: datetime) -> datetime:
    """Times within the program are as fine; a cut between two of them would be rounded."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def typed(time: datetime) -> str:
    """A time as the program reads it."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def of_slice(settings: Settings, part: Slice, owners: int) -> Iterator[tuple[int, Found]]:
    """What a slice gives: its alerts and, for each owner that has some, stage hits."""
    cut = ["--from", typed(part.start)] if part.start else []
    cut += ["--to", typed(part.end)] if part.end else []
    if not owners:
        yield from ((0, alert) for alert in scan(settings, *cut, *part.files))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "slice.hits")
        both = ["--stage-hits", path, "--owners", str(owners), "--with-alerts"]
        for number, alert in enumerate(scan(settings, *both, *cut, *part.files)):
            yield number % owners, alert
        for owner in range(owners):
            hits = Path(f"{path}.{owner}").read_bytes()
            # The last eight bytes count them.
            if int.from_bytes(hits[-8:], "little") > 0:
                yield owner, hits


def of_keys(settings: Settings, owner: int, owners: int, found: Iterable[tuple[int, Found]]) -> Iterator[str]:
    """The alerts that slices found, and those of the join keys that a task owns."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for _, part in found:
            if isinstance(part, str):
                yield part
                continue
            names.append(os.path.join(folder, f"{len(names)}.hits"))
            Path(names[-1]).write_bytes(part)
        if names:
            yield from scan(settings, "--from-stage-hits", "--owner", f"{owner}/{owners}", *names)


def alerts(context, rules: str, files: list[str], *, window: str = "10m", exceptions: Iterable[str] = (),
           count: int | None = None, directory: str | None = None):
    """Returns an RDD of the alerts, each a line of JSON as `trapline scan` writes it.

    `count` is the number of slices; by default the default parallelism, or more where slices would be larger
    than `SLICE_BYTES`.
    Raises Incomplete where a rule cannot be run. A task that cannot read a file, or loses an event, fails with it,
    which Spark hands on as the text of an exception of its own (`incomplete`).
    """
    settings = Settings(rules, tuple(exceptions), window, directory or os.getcwd())
    own = plan(settings)
    if own["not_run"]:
        reasons = "\n".join(f"{rule['file']}: {rule['reason']}" for rule in own["not_run"])
        raise Incomplete(f"{len(own['not_run'])} rules cannot be run:\n{reasons}")
    if count == 1:
        cut = [Slice(None, None, tuple(files))]
    else:
        named = context.parallelize(files, min(len(files), context.defaultParallelism) or 1)
        known = named.mapPartitions(lambda some: times_of(settings, some)).collect()
        of_size = sum(file.size for file in known) // SLICE_BYTES
        parts = count or max(context.defaultParallelism, of_size)
        cut = slices(known, parts, timedelta(milliseconds=own["window_ms"]))
    is_shuffled = any(rule["division"] != "slice" for rule in own["rules"])
    owners = min(context.defaultParallelism, MOST_OWNERS) if is_shuffled else 0
    found = context.parallelize(cut, len(cut) or 1).flatMap(lambda part: of_slice(settings, part, owners))
    if not owners:
        return found.values()
    owned = found.partitionBy(owners, int)
    return owned.mapPartitionsWithIndex(lambda owner, parts: of_keys(settings, owner, owners, parts))


def incomplete(error: Exception) -> str | None:
    """What is incomplete, if that is why Spark or this module raised an exception."""
    if isinstance(error, Incomplete):
        return str(error)
    found = re.search(r"\bIncomplete: (.*?)\s*(?:\n\tat |\Z)", str(error), re.DOTALL)
    return found and found[1]


def times_of(settings: Settings, files: Iterable[str]) -> Iterator[File]:
    """The times of the files of a task, which may have none."""
    files = list(files)
    return catalogue(settings, files) if files else iter(())


def found_files(paths: Iterable[str]) -> list[str]:
    """The files of paths, directories opened, each once, sorted by name. What is hidden is passed over."""
    files: set[str] = set()
    for path in map(Path, paths):
        if not path.is_dir():
            files.add(str(path))
            continue
        for file in path.rglob("*"):
            is_hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.name.endswith(EXTENSIONS) and file.is_file() and not is_hidden:
                files.add(str(file))
    return sorted(files)


def listed_files(session, address: str) -> list[str]:
    """The files of an address, directories opened, as the file systems of Spark list them."""
    from pyspark.errors import AnalysisException

    listing = session.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        names = [row.path for row in listing.load(address).select("path").collect()]
    except AnalysisException:
        # There is nothing at the address.
        return []
    # Spark writes `file:/a` for what other programs call `/a`.
    names = ("/" + name[len("file:"):].lstrip("/") if name.startswith("file:") else name for name in names)
    return sorted(name for name in names if name.endswith(EXTENSIONS) or name == address)


def run_workers_here() -> None:
    """Has Spark run its workers with this Python, which has this package, unless told otherwise.

    Spark takes the first `python3` of the PATH, which is another one where the virtual environment
    is not activated. `spark-submit`, which names a gateway, has its own settings for that.
    """
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)


def main(arguments: list[str] | None = None) -> int:
    """The command `trapline-spark`."""
    parser = argparse.ArgumentParser(prog="trapline-spark", description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", metavar="PATH", help="files of events, directories, or addresses (s3a://…)")
    parser.add_argument("--rules", required=True, metavar="DIR", help="directory with rules")
    parser.add_argument("--out", required=True, metavar="DIR", help="where Spark stores the alerts")
    parser.add_argument("--window", default="10m", metavar="SPAN", help="longest span of rules that run on slices")
    parser.add_argument("--exceptions", action="append", default=[], metavar="PATH", help="exception lists")
    parser.add_argument("--slices", type=int, metavar="N", help="number of slices [default: by the size of the files]")
    options = parser.parse_args(arguments)
    from pyspark.sql import SparkSession

    addresses = [path for path in options.paths if "://" in path]
    files = found_files(path for path in options.paths if path not in addresses)
    if not files and not addresses:
        return nothing_in(options.paths)
    run_workers_here()
    session = SparkSession.builder.appName("trapline").getOrCreate()
    try:
        for address in addresses:
            files.extend(listed_files(session, address))
        if not files:
            return nothing_in(options.paths)
        found = alerts(session.sparkContext, options.rules, files, window=options.window,
                       exceptions=options.exceptions, count=options.slices)
        found.saveAsTextFile(options.out)
    except Exception as error:
        reason = incomplete(error)
        if reason is None:
            raise
        print(f"trapline-spark: {reason}", file=sys.stderr)
        return 3
    finally:
        session.stop()
    return 0


def nothing_in(paths: list[str]) -> int:
    """Says that no file was found."""
    print(f"trapline-spark: no files of events in {' '.join(paths)}", file=sys.stderr)
    return 4


if __name__ == "__main__":
    sys.exit(main())
