"""Trapline, a test harness for detection rules.

The package carries the `trapline` program, finds it (`find_trapline`), and holds the pytest
plugin. There are no bindings: programs read `trapline test --format json`.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

__all__ = ["find_trapline"]


def find_trapline() -> str:
    """Returns the path of the `trapline` program.

    Looks beside the running interpreter first, so that a virtual environment that is not
    activated runs its own program, then in the user's scripts, then on the PATH.

    Raises FileNotFoundError where there is none.
    """
    name = "trapline" + (sysconfig.get_config_var("EXE") or "")
    folders = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", scheme=sysconfig.get_preferred_scheme("user"))
        if hasattr(sysconfig, "get_preferred_scheme")
        else None,
    ]
    for folder in filter(None, folders):
        path = Path(folder) / name
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    found = shutil.which("trapline")
    if found:
        return found
    raise FileNotFoundError(f"no {name} in {sysconfig.get_path('scripts')} or on the PATH")
