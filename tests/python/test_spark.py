"""`trapline.spark` against one process: the same alerts, on rules that are hard to divide.

Skipped where pyspark or Java is absent.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from trapline import find_trapline

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed")
if shutil.which("java") is None:
    pytest.skip("there is no Java", allow_module_level=True)

from pyspark import cloudpickle  # noqa: E402
from trapline import spark  # noqa: E402

# The workers cannot import this file.
cloudpickle.register_pickle_by_value(sys.modules[__name__])
PROJECT = Path(os.environ.get("TRAPLINE_PROJECT", Path(__file__).parents[2])).resolve()
CORPUS = Path(os.environ.get("TRAPLINE_SHARED", PROJECT.parent / "shared")) / "corpus"

A, B, C = (f'[process where process.name == "{name}"]' for name in "abc")
RULES = {
    "event": 'process where process.name == "a"',
    "bounded": f"sequence by host.id with maxspan=3m {A} {B}",
    "without-key": f"sequence with maxspan=1m {A} {B} {C}",
    "until": f"sequence by host.id with maxspan=5m {A} {C} until {B}",
    "missing-at-the-end": f"sequence by host.id with maxspan=2m {A} !{B}",
    "missing-at-the-start": f"sequence by host.id with maxspan=2m !{A} {B}",
    "runs": f"sequence by host.id with maxspan=8m {A} with runs=3",
    "unbounded": f"sequence by host.id {C} {B} {A}",
    "long": f"sequence by user.id with maxspan=2h {B} {C} until {A}",
    "unbounded-without-key": f"sequence {C} {A}",
    "sample": f"sample by host.id {A} {C}",
    "tail": 'process where process.name == "b" | tail 3',
}


@pytest.fixture(scope="module")
def context():
    spark.run_workers_here()
    session = (
        pyspark.sql.SparkSession.builder.master("local[2,2]")  # a task has two attempts
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
        .getOrCreate()
    )
    yield session.sparkContext
    session.stop()


def write_rules(folder: Path, rules: dict[str, str]) -> None:
    """Rules by name and query."""
    (folder / "rules").mkdir()
    for name, query in rules.items():
        text = f"[rule]\nname = '{name}'\nrule_id = '{name}'\ntype = 'eql'\nlanguage = 'eql'\n"
        text += f"severity = 'low'\nrisk_score = 21\nquery = '''\n{query}\n'''\n"
        (folder / "rules" / f"{name}.toml").write_text(text)


def write_project(folder: Path, seed: int) -> list[str]:
    """Rules and four files of an hour each; the names of the files."""
    write_rules(folder, RULES)
    (folder / "events").mkdir()
    chance = random.Random(seed)
    time = datetime(2023, 11, 14, tzinfo=timezone.utc)
    for hour in range(4):
        with (folder / "events" / f"{hour}.ndjson").open("w") as file:
            end = datetime(2023, 11, 14, hour + 1, tzinfo=timezone.utc)
            while time < end:
                at, user, host = time.isoformat(), chance.choice(["1", "1.0", "2"]), chance.randrange(3)
                file.write(
                    f'{{"@timestamp":"{at}","event":{{"category":"process"}},"user":{{"id":"{user}"}},'
                    f'"process":{{"name":"{chance.choice("abcd")}"}},"host":{{"id":"h{host}"}}}}\n'
                )
                time += timedelta(milliseconds=chance.randrange(90_000))
    return [f"events/{hour}.ndjson" for hour in range(4)]


def one_process(folder: Path, files: tuple[str, ...] = ("events",)) -> Counter:
    command = [find_trapline(), "scan", "--rules", "rules", *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return Counter(done.stdout.splitlines())


@pytest.mark.parametrize("count", [1, 2, 7, 32])
def test_any_number_of_slices_gives_the_alerts_of_one_process(context, tmp_path, count):
    files = write_project(tmp_path, 1)
    found = spark.alerts(context, "rules", files, count=count, directory=str(tmp_path))
    expected = one_process(tmp_path)
    assert Counter(found.collect()) == expected
    assert not silent(expected)


def silent(alerts: Counter) -> list[str]:
    """The rules without an alert."""
    return [name for name in RULES if not any(f'"rule_id":"{name}"' in alert for alert in alerts)]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """All public EQL and KQL rules and the hard ones, for three real recordings: the folder, the files, and
    the alerts of one process."""
    if not CORPUS.is_dir():
        pytest.skip(f"{CORPUS} is absent")
    folder = tmp_path_factory.mktemp("recordings")
    names = {"a": "conhost.exe", "b": "WmiPrvSE.exe", "c": "GruntHTTP2.exe"}
    hard = dict(RULES)
    for short, name in names.items():
        queries = ((rule, query.replace(f'process.name == "{short}"', f'process.name == "{name}"'))
                   for rule, query in hard.items())
        hard = dict(queries)
    write_rules(folder, {rule: query.replace("process where", "any where") for rule, query in hard.items()})
    for rule in (CORPUS / "rules").rglob("*.toml"):
        if re.search(r'^type = "(eql|query)"', text := rule.read_text(), re.MULTILINE):
            (folder / "rules" / rule.name).write_text(text)
    # Elasticsearch refuses some of them.
    plan = [find_trapline(), "plan-shards", "--rules", "rules"]
    plan = subprocess.run(plan, cwd=folder, capture_output=True, text=True, check=True).stdout
    for rule in json.loads(plan)["not_run"]:
        (folder / rule["file"]).unlink()
    assert len(list((folder / "rules").iterdir())) > 700
    files = tuple(sorted(map(str, (CORPUS / "captures").glob("*.ndjson.zst"))))
    return folder, files, one_process(folder, files)


@pytest.mark.parametrize("count", [1, 2, 7, 32])
def test_public_and_hard_rules_over_recordings_give_the_alerts_of_one_process(context, recordings, count):
    folder, files, expected = recordings
    found = spark.alerts(context, "rules", list(files), count=count, directory=str(folder))
    assert Counter(found.collect()) == expected
    assert not silent(expected)
    # Public rules have alerts, too.
    assert len({json.loads(alert)["rule_id"] for alert in expected}) > len(RULES)


def test_events_that_are_lost_are_an_error(context, tmp_path):
    files = write_project(tmp_path, 1)
    (tmp_path / files[2]).write_text('{"@timestamp":\n')
    with pytest.raises(Exception, match="scan ended with 3"):
        spark.alerts(context, "rules", files, directory=str(tmp_path)).collect()


def test_a_rule_that_cannot_be_run_is_an_error_before_any_task(context, tmp_path):
    files = write_project(tmp_path, 1)
    (tmp_path / "rules" / "broken.toml").write_text("[rule]\nname = 'x'\n")
    with pytest.raises(spark.Incomplete, match=r"broken\.toml"):
        spark.alerts(context, "rules", files, directory=str(tmp_path))


def test_the_command_ends_with_3_where_an_event_is_lost(tmp_path):
    files = write_project(tmp_path, 1)
    (tmp_path / files[2]).write_text('{"@timestamp":\n')
    command = [Path(sys.executable).with_name("trapline-spark"), "--rules", "rules", "--out", "alerts", "events"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    last = done.stderr[done.stderr.index("trapline-spark: "):]
    assert "scan ended with 3" in last and "1 lines are no events" in last and "\tat " not in last, last


def test_each_file_is_read_once(tmp_path):
    for name in ("a.ndjson", "b.json/part-0.json", ".hidden.ndjson", ".git/c.ndjson", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "broken.ndjson").symlink_to("absent")
    expected = [str(tmp_path / name) for name in ("a.ndjson", "b.json/part-0.json")]
    assert spark.found_files([tmp_path, tmp_path / "a.ndjson", tmp_path / "b.json"]) == expected


def test_outliers_may_lie_in_any_slice(context, tmp_path):
    files = write_project(tmp_path, 1)
    event = '{{"@timestamp":{},"event":{{"category":"process"}},"process":{{"name":"a"}},"host":{{"id":"h0"}}}}\n'
    for file, time in ((files[3], '"2021-11-14T00:00:00Z"'), (files[1], 1700000000000000), (files[2], '"0001-01-01"')):
        with open(tmp_path / file, "a") as out:
            out.write(event.format(time))
    # Amid the times of another file, a year earlier.
    (tmp_path / "events" / "old.ndjson").write_text(
        "".join(event.format(f'"{year}-{month:02}-01T00:00:00Z"') for year in (2021, 2022) for month in range(1, 13))
    )
    names = [*files, "events/old.ndjson"]
    found = spark.alerts(context, "rules", names, count=7, directory=str(tmp_path)).collect()
    assert Counter(found) == one_process(tmp_path)


def killed_after(function, folder: Path):
    """The function, whose process is killed once it has its results, in the first attempt of each task."""

    def first_dies(*arguments):
        found = list(function(*arguments))
        die(folder / function.__name__)
        return iter(found)

    return first_dies


def die(mark: Path) -> None:
    """Kills the process of a task's first attempt, and leaves a mark."""
    if pyspark.TaskContext.get().attemptNumber() == 0:
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_task_that_dies_and_is_retried_loses_and_doubles_nothing(context, tmp_path, monkeypatch):
    files = write_project(tmp_path, 1)
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    for name in ("times_of", "of_slice"):
        monkeypatch.setattr(spark, name, killed_after(getattr(spark, name), deaths))

    def then_dies(found):
        yield from found
        die(deaths / "alerts")

    found = spark.alerts(context, "rules", files, count=3, directory=str(tmp_path))
    # The last attempt dies when it has written its alerts.
    found.mapPartitions(then_dies).saveAsTextFile(str(tmp_path / "alerts"))
    assert {mark.name for mark in deaths.iterdir()} == {"times_of", "of_slice", "alerts"}
    assert stored(tmp_path / "alerts") == one_process(tmp_path)


def stored(folder: Path) -> Counter:
    """The alerts in the files of Spark, of all that lie in the folder."""
    parts = (part for part in folder.rglob("*") if part.is_file() and not part.name.startswith(("_", ".")))
    return Counter(line for part in parts for line in part.read_text().splitlines())


def test_the_command_needs_no_activated_environment(tmp_path):
    write_project(tmp_path, 1)
    command = Path(sys.executable).with_name("trapline-spark")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYSPARK_")}
    # The Python of the system comes first, as in a shell that has not activated the environment.
    environment["PATH"] = os.pathsep.join(["/usr/local/bin", "/usr/bin", "/bin", environment["PATH"]])
    done = subprocess.run(
        [command, "--rules", "rules", "--out", "alerts", "events"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert stored(tmp_path / "alerts") == one_process(tmp_path)


def test_an_address_is_listed_by_spark(tmp_path):
    write_project(tmp_path, 1)
    (tmp_path / "events" / "deeper").mkdir()
    (tmp_path / "events" / "3.ndjson").rename(tmp_path / "events" / "deeper" / "3.ndjson")
    (tmp_path / "events" / "README").write_text("no events")
    command = Path(sys.executable).with_name("trapline-spark")
    address = (tmp_path / "events").as_uri()
    options = ["--rules", "rules", "--out", "alerts"]
    done = subprocess.run([command, *options, address], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = sorted(map(str, (tmp_path / "events").rglob("*.ndjson")))
    assert stored(tmp_path / "alerts") == one_process(tmp_path, tuple(names))
    for nothing in ("alerts", "absent"):
        done = subprocess.run([command, "--rules", "rules", "--out", "more", (tmp_path / nothing).as_uri()],
                              cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, "no files of events in file://" in done.stderr) == (4, True)
