"""Options that several commands share, and the settings they lead to."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kg.config import KgConfig, load_config
from kg.errors import ConfigError


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


_FORMAT_OF_ENDING = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".parquet": Format.PARQUET,
    ".txt": Format.TABLE,
}


def choose_format(given: Format | None, output: Path | None, default: Format = Format.TABLE) -> Format:
    """Decide how rows are written: as asked, else by the file's ending, else as usual."""
    if given is not None:
        return given
    if output is None:
        return default
    if output.suffix not in _FORMAT_OF_ENDING:
        raise ConfigError(
            f"no format goes by the ending {output.suffix!r}",
            f"-o {output}",
            f"end it in {', '.join(_FORMAT_OF_ENDING)}, or say --format",
        )
    return _FORMAT_OF_ENDING[output.suffix]


def check_output(format: Format | None, output: Path | None) -> None:
    """Refuse what `write_rows` would refuse whatever the rows are, before anything is computed for it.

    Raises
    ------
    ConfigError
        If no format goes by the file's ending, a folder is in its place, or Parquet would go to a terminal.
    """
    chosen = choose_format(format, output)
    if output is None and chosen is Format.PARQUET and sys.stdout.isatty():
        raise ConfigError(
            "Parquet is no text for a terminal", "--format", "name a file with -o rows.parquet, or pipe it on"
        )
    if output is not None and output.is_dir():
        raise ConfigError("this is a folder", f"-o {output}", "name a file")


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="Settings file. Without it, ./kg.toml if there is one, else the bundled sample.",
        show_default=False,
    ),
]
BuildOption = Annotated[
    Path | None,
    typer.Option(
        "--build",
        "-b",
        help="A build's folder, or its id or how it begins. Without it, the newest good build (builds/current).",
        show_default=False,
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", "-f", help="How rows are written; -o's ending decides without it.", show_default="table"),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write here instead of to stdout.", show_default=False)
]


def given_reason(reason: str | None) -> str | None:
    """Check a reason to go on although a gate fails: blanks are none, and would be recorded as one."""
    if reason is not None and not reason.strip():
        raise typer.BadParameter("say why; it is recorded")
    return reason


def settings(config: Path | None) -> KgConfig:
    """Read the settings that a command's ``--config`` means."""
    return load_config(config)
