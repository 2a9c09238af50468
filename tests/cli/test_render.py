"""Files that commands write, and what they say of them."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest

from kg.cli._options import Format
from kg.cli._render import check_output, write_lines, write_rows, write_text
from kg.errors import ConfigError

ROWS = [{"id": "DANDI:000053", "xrefs": ["a", "b"]}, {"id": "DANDI:000054", "xrefs": []}]


@pytest.mark.parametrize("name", ["rows.csv", "rows.json", "rows.jsonl", "rows.txt", "rows.parquet"])
def test_a_file_of_rows_is_named_on_stderr_with_their_number(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / name
    write_rows(ROWS, ("id", "xrefs"), output=file)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"wrote {file}: 2 rows\n"
    assert [path.name for path in file.parent.iterdir()] == [name]


def test_one_row_is_no_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(ROWS[:1], ("id",), format=Format.CSV, output=tmp_path / "a")
    write_lines(["1\n", "2\n3\n"], tmp_path / "b")
    write_text("<html>\n</html>\n", tmp_path / "c")
    assert capsys.readouterr().err == f"wrote {tmp_path}/a: 1 row\nwrote {tmp_path}/b: 3 lines\nwrote {tmp_path}/c\n"


def test_nothing_is_said_of_what_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(ROWS, ("id",), format=Format.CSV)
    assert capsys.readouterr() == ("id\nDANDI:000053\nDANDI:000054\n", "")


def test_a_run_that_fails_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    def pieces() -> list[str]:
        raise RuntimeError

    file = tmp_path / "mentions.tsv"
    file.write_text("before", encoding="utf-8")
    with pytest.raises(RuntimeError):
        write_lines((piece for _ in range(1) for piece in pieces()), file)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(file.name, "before")]


@pytest.mark.parametrize("form", [Format.JSON, Format.JSONL, Format.CSV])
def test_json_has_no_nan_and_no_infinity(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    rows = [{"x": [math.inf, {"k": -math.inf}, math.nan, 1.5, "NaN"]}, {"x": [2]}]
    write_rows(rows, ("x",), format=form)
    out = capsys.readouterr().out
    if form is Format.CSV:
        cells = [json.loads(row["x"], parse_constant=refuse) for row in csv.DictReader(io.StringIO(out))]
    elif form is Format.JSON:
        cells = [row["x"] for row in json.loads(out, parse_constant=refuse)]
    else:
        cells = [json.loads(line, parse_constant=refuse)["x"] for line in out.splitlines()]
    assert cells == [[None, {"k": None}, None, 1.5, "NaN"], [2]]


def test_what_cannot_be_written_is_known_without_rows(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no format goes by the ending"):
        check_output(None, tmp_path / "rows.xlsx")
    with pytest.raises(ConfigError, match="this is a folder"):
        check_output(Format.CSV, tmp_path)
    check_output(Format.CSV, tmp_path / "rows.xlsx")
    check_output(None, None)
