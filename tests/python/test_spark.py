"""`trapline.spark` against one process: the same alerts, on rules that are hard to divide.

Skipped where pyspark or Java is absent.
"""

from __future__ import annotations

import os
import random
import shutil
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

from trapline import spark  # noqa: E402

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
        pyspark.sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
        .getOrCreate()
    )
    yield session.sparkContext
    session.stop()


def write_project(folder: Path, seed: int) -> list[str]:
    """Rules and four files of an hour each; the names of the files."""
    (folder / "rules").mkdir()
    for name, query in RULES.items():
        text = f"[rule]\nname = '{name}'\nrule_id = '{name}'\ntype = 'eql'\nlanguage = 'eql'\n"
        text += f"severity = 'low'\nrisk_score = 21\nquery = '''\n{query}\n'''\n"
        (folder / "rules" / f"{name}.toml").write_text(text)
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


def one_process(folder: Path) -> Counter:
    command = [find_trapline(), "scan", "--rules", "rules", "events"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return Counter(done.stdout.splitlines())


@pytest.mark.parametrize("count", [1, 2, 7, 32])
def test_any_number_of_slices_gives_the_alerts_of_one_process(context, tmp_path, count):
    files = write_project(tmp_path, 1)
    found = spark.alerts(context, "rules", files, count=count, directory=str(tmp_path))
    expected = one_process(tmp_path)
    assert Counter(found.collect()) == expected
    silent = [name for name in RULES if not any(f'"rule_id":"{name}"' in alert for alert in expected)]
    assert not silent


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
    parts = sorted((tmp_path / "alerts").glob("part-*"))
    found = Counter(line for part in parts for line in part.read_text().splitlines())
    assert found == one_process(tmp_path)
