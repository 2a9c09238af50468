"""The command line: options in, one call of the library, rows out."""

from __future__ import annotations

import sys

#: Exit code of a command that Ctrl-C ended: 128 and the number of SIGINT.
INTERRUPTED = 130


def run() -> None:
    """Run the command line: what ``kg`` does. Ctrl-C is no fault, also while the command is still being imported."""
    try:
        from kg.cli.main import run as run_command

        run_command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
