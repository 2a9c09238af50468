"""Rows to stdout or a file; progress and messages to stderr."""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from kg.cli._options import Format, check_output, choose_format
from kg.errors import ConfigError
from kg.model.progress import Progress as ProgressCall

#: Messages, progress and errors. rich obeys NO_COLOR and turns colour off where stderr is no terminal.
stderr = Console(stderr=True)


def write_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    format: Format | None = None,
    output: Path | None = None,
    title: str | None = None,
    types: Mapping[str, Any] | None = None,
) -> None:
    """Write rows as a table, CSV, JSON, JSON lines or Parquet.

    Parameters
    ----------
    rows : sequence of mapping
        Column -> value.
    columns : sequence of str
        In the order in which they are shown.
    format : Format, optional
        Without it, by the ending of `output`, else a table.
    output : Path, optional
        Without it, stdout.
    title : str, optional
        Above a table; no other format shows it.
    types : mapping of str to polars type, optional
        Of the columns of Parquet; without it they are what the rows suggest, and differ between files.

    Raises
    ------
    ConfigError
        As for `check_output`, or if Parquet can't have the rows.
    """
    check_output(format, output)
    chosen = choose_format(format, output)
    if chosen is Format.PARQUET:
        _write_parquet(rows, columns, output, types)
        return
    if chosen is Format.TABLE:
        text = _table_text(rows, columns, title, output)
    elif chosen is Format.CSV:
        import polars as pl  # late: most commands needn't wait half a second for it

        buffer = io.StringIO()
        # Lists have no form in CSV: they go as JSON, which reads back.
        flat = [[_cell(row.get(c)) for c in columns] for row in rows]
        pl.DataFrame(flat, schema=dict.fromkeys(columns, pl.String), orient="row").write_csv(buffer)
        text = buffer.getvalue()
    elif chosen is Format.JSON:
        text = _json([{c: row.get(c) for c in columns} for row in rows], indent=2) + "\n"
    else:
        text = "".join(_json({c: row.get(c) for c in columns}) + "\n" for row in rows)
    write_text(text, output, rows=len(rows))


def write_text(text: str, output: Path | None = None, *, rows: int | None = None) -> None:
    """Write text to a file and say so on stderr, with how many rows it has; or to stdout as it is."""
    if output is not None:
        with _written_aside(output) as aside:
            aside.write_text(text, encoding="utf-8")
        _say_written(output, rows)
        return
    # A lone surrogate in a record must not end the command: it is shown escaped.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
    sys.stdout.flush()


def write_lines(pieces: Iterable[str], output: Path | None = None) -> None:
    """Write whole lines as they come, so that a long run shows its first; a file appears whole or not at all."""
    if output is None:
        for piece in pieces:
            write_text(piece)
        return
    lines = 0
    with _written_aside(output) as aside, aside.open("w", encoding="utf-8", newline="") as stream:
        for piece in pieces:
            lines += piece.count("\n")
            stream.write(piece)
    _say_written(output, lines, "line")


@contextmanager
def _written_aside(output: Path) -> Iterator[Path]:
    output.parent.mkdir(parents=True, exist_ok=True)
    aside = output.with_name(f"{output.name}.part")
    try:
        yield aside
        aside.replace(output)
    finally:
        aside.unlink(missing_ok=True)


def _say_written(output: Path, count: int | None, what: str = "row") -> None:
    counted = "" if count is None else f": {count:,} {what}{'' if count == 1 else 's'}"
    stderr.print(f"wrote {output}{counted}", markup=False, highlight=False, soft_wrap=True)


def _write_parquet(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], output: Path | None, types: Mapping[str, Any] | None
) -> None:
    import polars as pl

    try:
        known = {c: types[c] for c in columns if c in types} if types else None
        frame = pl.DataFrame({c: [row.get(c) for row in rows] for c in columns}, strict=True, schema_overrides=known)
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise ConfigError(
            f"a column holds values of several types, which Parquet can't: {error}",
            "--format parquet",
            "use --format jsonl",
        ) from error
    if output is not None:
        with _written_aside(output) as aside:
            frame.write_parquet(aside)
        _say_written(output, len(rows))
    else:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        sys.stdout.buffer.write(buffer.getvalue())


def _table_text(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], title: str | None, output: Path | None
) -> str:
    table = Table(title=Text(title) if title else None, title_justify="left")
    for column in columns:
        numeric = bool(rows) and all(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(Text(column), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))  # Text: nothing in a record is markup
    to_terminal = output is None and sys.stdout.isatty()
    console = Console(file=io.StringIO(), force_terminal=to_terminal, width=None if to_terminal else 160)
    console.print(table)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return _json(value) if isinstance(value, list | dict) else str(value)


def _json(value: object, indent: int | None = None) -> str:
    """Write JSON, which has no NaN and no infinity: they are null, as JavaScript and polars write them."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def progress_bar(*columns: ProgressColumn, speed_period_s: float = 30.0) -> Iterator[ProgressCall]:
    """Show progress on stderr while the block runs; a line a step where stderr is no terminal.

    Parameters
    ----------
    *columns : rich.progress.ProgressColumn
        What a step's line shows in place of a spinner, its name, a bar, counts and time.
    speed_period_s : float
        Over how many seconds speed is averaged, for columns that show it.
    """
    if not stderr.is_terminal:
        seen: set[str] = set()

        def say(step: str, done: int, total: int) -> None:
            if step not in seen:
                seen.add(step)
                stderr.print(f"{step} …", markup=False, highlight=False)

        yield say
        return
    shown = columns or (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*shown, console=stderr, transient=False, speed_estimate_period=speed_period_s) as bar:
        tasks: dict[str, Any] = {}

        def advance(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total or None)
            bar.update(tasks[step], completed=done, total=total or None)

        yield advance
