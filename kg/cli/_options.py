"""Options that several commands share, and the settings they lead to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kg.config import KgConfig, load_config


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


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
