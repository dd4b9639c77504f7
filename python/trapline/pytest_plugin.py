"""Collects Trapline's scenarios as pytest tests: one test a check.

The plugin reads the JSON report of one `trapline test --check` run, so `-k`, `--lf`, `-x` and
pytest-xdist work as for any other test. It is active where the root directory of the run holds a
`trapline.toml`, or with `trapline = true` in the pytest configuration.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any, Iterable, Optional

import pytest

from trapline import find_trapline

# The exit codes of `trapline test` that come with a report; the others mean that nothing ran.
REPORTED = {0, 1, 3, 5, 6}
FAILED = {"failed", "invalid", "unverifiable"}
NOT_PROVEN = {"uncertain", "vacuous"}
NOT_RUN = {"skipped", "unsupported"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("trapline")
    group.addoption(
        "--trapline-strict",
        action="store_true",
        help="fail checks that are vacuous, uncertain or unsupported",
    )
    parser.addini("trapline", "collect Trapline scenarios", type="bool", default=False)


class Report:
    """The JSON report of one run over the whole project."""

    def __init__(self, root: Path, strict: bool) -> None:
        self.root = root
        command = [find_trapline(), "--root", str(root), "test", "--check", "--format", "json"]
        if strict:
            command.append("--strict")
        run = subprocess.run(command, capture_output=True, cwd=root, check=False)
        errors = run.stderr.decode("utf-8", "replace").strip()
        if run.returncode not in REPORTED:
            raise pytest.UsageError(f"trapline test exited {run.returncode}\n{errors}")
        try:
            report: dict[str, Any] = json.loads(run.stdout)
        except ValueError:
            report = {}
            if run.returncode != 3:
                raise pytest.UsageError(f"trapline test printed no report\n{errors}") from None
        self.checks: dict[str, list[dict[str, Any]]] = {}
        for check in report.get("checks", []):
            self.checks.setdefault(check["scenario"], []).append(check)
        self.changes: dict[str, str] = {
            change["key"]: change["class"] for change in report.get("changes", [])
        }
        self.errors: dict[str, list[str]] = {}
        for error in report.get("errors", []):
            place = ":".join(str(error[key]) for key in ("file", "line") if error.get(key))
            message = f"{place}: {error.get('message', '')}" if place else error.get("message", "")
            self.errors.setdefault(error.get("file") or "", []).append(message)
        if run.returncode == 3 and not report.get("errors"):
            self.errors.setdefault("", []).append(errors)

    def files(self) -> set[str]:
        """The scenario files that the report names, relative to the root."""
        changed = {key.split("::", 1)[0] for key in self.changes}
        return set(self.checks) | changed | set(self.errors)


def _report(config: pytest.Config) -> Optional[Report]:
    """Returns the report of this session, made when the first file asks for it."""
    if not hasattr(config, "_trapline_report"):
        root = config.rootpath
        active = config.getini("trapline") or (root / "trapline.toml").is_file()
        report = Report(root, config.getoption("--trapline-strict")) if active else None
        config._trapline_report = report  # type: ignore[attr-defined]
    return config._trapline_report  # type: ignore[attr-defined]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Optional[pytest.Collector]:
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    report = _report(parent.config)
    if report is None:
        return None
    try:
        name = file_path.relative_to(report.root).as_posix()
    except ValueError:
        return None
    if name not in report.files():
        return None
    return ScenarioFile.from_parent(parent, path=file_path, scenario=name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a session in which files that no test stands for could not be loaded."""
    report = getattr(session.config, "_trapline_report", None)
    if report is None or hasattr(session.config, "workerinput"):
        return
    if _unowned(report) and session.exitstatus in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    report = getattr(config, "_trapline_report", None)
    messages = _unowned(report) if report is not None else []
    if messages:
        terminalreporter.section("trapline: could not be loaded", red=True)
        for message in messages:
            terminalreporter.write_line(message)


def _unowned(report: Report) -> list[str]:
    """The load errors of files that are not collected, such as a rule."""
    return [
        message
        for file, messages in report.errors.items()
        if not file.endswith((".yaml", ".yml"))
        for message in messages
    ]


class ScenarioFile(pytest.File):
    """A scenario file; its tests are its checks."""

    def __init__(self, *, scenario: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.scenario = scenario

    def collect(self) -> Iterable[pytest.Item]:
        report = _report(self.config)
        assert report is not None
        errors = report.errors.get(self.scenario)
        if errors:
            raise self.CollectError("\n".join(errors))
        keys = set()
        for check in report.checks.get(self.scenario, []):
            keys.add(check["key"])
            yield CheckItem.from_parent(
                self,
                name=_name(f"{check['case']} ({check['source']})"),
                check=check,
                change=report.changes.get(check["key"]),
            )
        for key, change in report.changes.items():
            scenario, _, name = key.partition("::")
            if scenario == self.scenario and key not in keys:
                yield CheckItem.from_parent(
                    self, name=_name(name), check={"key": key}, change=change
                )


def _name(text: str) -> str:
    """Returns the text as a test's name.

    pytest takes `[` for the start of parameters and `::` for a nested test; with either in a name,
    `--lf` does not find the test again.
    """
    return text.replace("[", "(").replace("]", ")").replace("::", ": ")


class CheckFailed(Exception):
    """A check that did not go as expected; its text is the failure that pytest shows."""


class CheckItem(pytest.Item):
    """One check: a case on one data source."""

    def __init__(self, *, check: dict[str, Any], change: Optional[str], **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.change = change

    def runtest(self) -> None:
        verdict = self.check.get("verdict")
        strict = self.config.getoption("--trapline-strict")
        if verdict in FAILED or (strict and verdict in NOT_PROVEN | {"unsupported"}):
            raise CheckFailed(self.failure(verdict))
        if self.change:
            raise CheckFailed(self.failure(f"snapshot: {self.change}"))
        if verdict in NOT_RUN:
            pytest.skip(self.check.get("message") or verdict)
        if verdict in NOT_PROVEN:
            self.warn(pytest.PytestWarning(f"{verdict}: {self.check['key']}"))

    def failure(self, headline: str) -> str:
        check = self.check
        lines = [check.get("message") or headline]
        if check.get("message"):
            lines[0] = f"{headline}: {lines[0]}"
        if check.get("expected"):
            lines.append(f"expected  {check['expected']}")
        for alert in check.get("matches", []):
            lines.append("alert     " + ", ".join(label or "(missing)" for label in alert))
        for blocker in check.get("blockers", []):
            lines.append(f"blocker   {blocker['clause']}")
        place = check.get("place") or {}
        if place.get("file"):
            lines.append(f"at        {place['file']}:{place.get('line') or 1}")
        key = shlex.quote(check["key"])
        # A change that contradicts the scenario's expectation cannot be accepted.
        if self.change and check.get("verdict") not in FAILED:
            lines.append(f"accept    trapline test --accept={self.change} {key}")
        lines.append(f"again     trapline test {key}")
        return "\n".join(lines)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, Optional[int], str]:
        line = (self.check.get("place") or {}).get("line")
        return self.path, line - 1 if line else None, self.name
