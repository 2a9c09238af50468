"""Files that commands write, and what they say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.cli._options import Format
from kg.cli._render import write_lines, write_rows, write_text

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
