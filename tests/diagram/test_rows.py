"""Rows and strings in files: the same as in memory."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.diagram.rows import FileRows, FileStrings, FrameRows, write_rows, write_strings

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ROW = st.tuples(TEXT, st.none() | TEXT, st.integers(-9, 2**40), st.floats(0, 1), st.lists(TEXT, max_size=3))
COLUMNS = {"a": pl.String, "b": pl.String, "c": pl.Int64, "d": pl.Float64, "e": pl.List(pl.String)}


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, max_size=12), st.randoms(use_true_random=False))
def test_rows_of_a_file_are_those_of_the_frame(rows: list[tuple[object, ...]], dice: object) -> None:
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    order = list(range(len(rows)))
    dice.shuffle(order)  # type: ignore[attr-defined]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        write_rows(frame.lazy(), path, order)
        found, expected = FileRows(path), FrameRows(frame[order])
        for start in range(len(rows) + 1):
            assert found.slice(start, len(rows)) == expected.slice(start, len(rows))
            assert found.slice(0, start) == expected.slice(0, start)


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXT.map(lambda text: text.rstrip("\0"))))
def test_strings_of_a_file_are_those_that_were_written(strings: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "strings"
        write_strings(pl.Series(strings, dtype=pl.String), path)
        found = FileStrings(path)
        assert list(found) == strings
        assert found[1:3] == strings[1:3]
