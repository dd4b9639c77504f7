"""The installed wheel: the program, `python -m trapline`, and the pytest plugin in a project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(os.environ["TRAPLINE_PROJECT"])
WMI = "rules/windows/lateral_movement_incoming_wmi.toml"
LAUNCHER = '"?:\\\\Windows\\\\CCM\\\\Ccm32BitLauncher.exe"'


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment)


def run_pytest(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "pytest", "-q", *options, cwd=project)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the repository's rules and scenarios."""
    for folder in ("rules", "scenarios", "exceptions"):
        if (REPOSITORY / folder).is_dir():
            shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    settings = REPOSITORY / "trapline.toml"
    if settings.is_file():
        shutil.copy(settings, tmp_path)
    else:
        (tmp_path / "trapline.toml").touch()
    return tmp_path


def test_the_command_for_spark_is_installed(tmp_path: Path) -> None:
    command = shutil.which("trapline-spark", path=str(Path(sys.executable).parent))
    assert command is not None
    assert "usage: trapline-spark" in run(command, "--help", cwd=tmp_path).stdout


def without_launcher(project: Path) -> None:
    """Takes the SCCM launcher out of the WMI rule's exclusions, which two cases notice."""
    rule = project / WMI
    lines = rule.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if LAUNCHER not in line]
    assert len(kept) == len(lines) - 1
    rule.write_text("".join(kept), encoding="utf-8")


def test_the_program_and_the_module_are_the_same(tmp_path: Path) -> None:
    program = run(str(Path(sys.executable).with_name("trapline")), "--version", cwd=tmp_path)
    module = run(sys.executable, "-m", "trapline", "--version", cwd=tmp_path)
    assert program.returncode == module.returncode == 0
    assert program.stdout.startswith("trapline ")
    assert program.stdout == module.stdout


def test_each_check_is_a_test(project: Path) -> None:
    report = run(sys.executable, "-m", "trapline", "test", "--check", "--format", "json", cwd=project)
    checks = json.loads(report.stdout)["checks"]
    assert report.returncode == 0 and len(checks) > 500
    result = run_pytest(project)
    assert result.returncode == 0, result.stdout
    assert f"{len(checks)} passed" in result.stdout


def test_a_failure_names_the_expectation_and_how_to_run_it_again(project: Path) -> None:
    without_launcher(project)
    result = run_pytest(project, "-k", "SCCM and elastic_defend")
    assert result.returncode == 1
    assert "alert     rpc, child" in result.stdout
    assert "again     trapline test 'scenarios/windows/lateral_movement_incoming_wmi.yaml::" in result.stdout
    assert "accept    " not in result.stdout
    again = run_pytest(project, "--lf")
    assert again.returncode == 1 and " passed" not in again.stdout


def test_workers_share_the_checks(project: Path) -> None:
    without_launcher(project)
    alone, shared = run_pytest(project), run_pytest(project, "-n", "2")
    assert alone.returncode == shared.returncode == 1
    assert alone.stdout.splitlines()[-1].split(" in ")[0] == shared.stdout.splitlines()[-1].split(" in ")[0]


def test_a_new_case_is_not_green_before_its_snapshot_is_accepted(project: Path) -> None:
    scenario = project / "scenarios/windows/lateral_movement_incoming_wmi.yaml"
    text = scenario.read_text(encoding="utf-8")
    added = "cases:\n  - {name: afterwards, change: {child: {at: 1h}}, expect: none}\n"
    scenario.write_text(text.replace("cases:\n", added, 1), encoding="utf-8")
    result = run_pytest(project, "-k", "afterwards")
    assert result.returncode == 1
    assert "accept    trapline test --accept=" in result.stdout


def test_a_scenario_that_cannot_be_loaded_is_an_error(project: Path) -> None:
    scenario = project / "scenarios/windows/lateral_movement_incoming_wmi.yaml"
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace("\nattack:", "\natack:", 1), encoding="utf-8")
    result = run_pytest(project)
    assert result.returncode != 0
    assert "atack" in result.stdout


def test_a_rule_that_cannot_be_loaded_is_an_error(project: Path) -> None:
    (project / WMI).write_text("[rule\n", encoding="utf-8")
    result = run_pytest(project)
    assert result.returncode != 0
    assert "lateral_movement_incoming_wmi" in result.stdout


def test_a_project_without_trapline_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("a: 1\n", encoding="utf-8")
    result = run_pytest(tmp_path)
    assert result.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
