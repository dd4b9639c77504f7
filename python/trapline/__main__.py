"""Runs the `trapline` program: `python -m trapline test`."""

from __future__ import annotations

import os
import subprocess
import sys

from trapline import find_trapline


def main() -> None:
    """Replaces this process by the program; on Windows, where that is not possible, waits for it."""
    try:
        program = find_trapline()
    except FileNotFoundError as error:
        sys.exit(f"trapline: {error}")
    command = [program, *sys.argv[1:]]
    if sys.platform == "win32":
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(program, command)


if __name__ == "__main__":
    main()
