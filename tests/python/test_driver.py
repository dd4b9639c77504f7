"""The driver in the guide (`docs/reference/several-machines.md`) gives the alerts of one scan."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from trapline import find_trapline

PAGE = Path(os.environ.get("TRAPLINE_PROJECT", Path(__file__).parents[2])) / "docs/reference/several-machines.md"
RULES = {
    "event": 'process where process.name == "a"',
    "bounded": "sequence by host.id with maxspan=9m [process where process.name == \"a\"]"
    ' [process where process.name == "b"]',
    "unbounded": 'sequence by host.id [process where process.name == "b"] [process where process.name == "a"]',
}


def on_this_machine(driver: str) -> str:
    return driver


def on_dask(driver: str) -> str:
    """The driver with Dask in place of Python's pool, as the guide says."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    executor = PAGE.read_text().split("```python\n")[2].split("```")[0]
    client = executor.strip().replace('"tcp://scheduler:8786"', "n_workers=1, dashboard_address=None")
    assert "n_workers" in client
    driver = driver.replace("with ProcessPoolExecutor() as pool:", client)
    return driver.replace("from concurrent.futures import ProcessPoolExecutor", "from dask.distributed import Client")


def on_ray(driver: str) -> str:
    """The driver with the pool of Ray, as the guide says, on a Ray that it starts on this machine."""
    pytest.importorskip("ray", reason="Ray is not installed")
    pool = PAGE.read_text().split("```python\n")[3].split("```")[0]
    driver = driver.replace("    with ProcessPoolExecutor() as pool:\n", pool)
    assert "with Pool()" in driver
    return driver.replace("from concurrent.futures import ProcessPoolExecutor", "from ray.util.multiprocessing import Pool")


@pytest.mark.parametrize("made", [on_this_machine, on_dask, on_ray])
def test_the_driver_of_the_guide(tmp_path, made):
    (tmp_path / "rules").mkdir()
    (tmp_path / "events").mkdir()
    for name, query in RULES.items():
        text = f"[rule]\nname = '{name}'\nrule_id = '{name}'\ntype = 'eql'\nlanguage = 'eql'\n"
        text += f"severity = 'low'\nrisk_score = 21\nquery = '''\n{query}\n'''\n"
        (tmp_path / "rules" / f"{name}.toml").write_text(text)
    for hour in (0, 1):
        lines = (
            f'{{"@timestamp":"2023-11-14T0{hour}:{minute:02}:00Z","event":{{"category":"process"}},'
            f'"process":{{"name":"{"ab"[minute % 3 % 2]}"}},"host":{{"id":"h{minute % 4}"}}}}\n'
            for minute in range(60)
        )
        (tmp_path / "events" / f"{hour}.ndjson").write_text("".join(lines))
    # An event that is dated far from the others of its file, amid those of the other file.
    with open(tmp_path / "events" / "1.ndjson", "a") as file:
        file.write('{"@timestamp":"2021-11-14T00:00:00Z","event":{"category":"process"},"process":{"name":"a"}}\n')
        file.write('{"@timestamp":1700000000000000,"event":{"category":"process"},"process":{"name":"a"}}\n')
    driver = PAGE.read_text().split("```python\n")[1].split("```")[0]
    (tmp_path / "driver.py").write_text(made(driver))
    programs = os.pathsep.join([str(Path(find_trapline()).parent), os.environ["PATH"]])
    run = lambda *command: subprocess.run(  # noqa: E731
        command, cwd=tmp_path, capture_output=True, text=True, check=True, env={**os.environ, "PATH": programs}
    ).stdout.splitlines()
    alerts = Counter(run(sys.executable, "driver.py"))
    assert alerts == Counter(run("trapline", "scan", "--rules", "rules", "events"))
    # A file whose times nobody knows belongs to every slice.
    (tmp_path / "events" / "0.ndjson").write_text("{\n")
    lost = subprocess.run([sys.executable, "driver.py"], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": programs})
    assert lost.returncode != 0 and "1 lines are no events" in lost.stderr, lost.stderr
    assert {name for name in RULES if any(f'"rule_id":"{name}"' in alert for alert in alerts)} == set(RULES)
