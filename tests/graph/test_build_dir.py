"""A build on disk is whole or not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import BuildError, GraphError
from kg.graph.build_dir import (
    Build,
    Manifest,
    check_replaceable,
    point_current,
    remove_left_overs,
    resolve_build,
    write_build,
)
from kg.graph.layout import TABLE_NAMES
from kg.graph.tables import TABLES, make_table

MANIFEST = Manifest(
    build_id="0123456789ab",
    code_version="c0de",
    package_version="0",
    vocabulary="v",
    vocabularies={"uberon": "v2026-04-01"},
    configuration={},
    inputs={"dandi": 1},
    counts={},
)


def empty_tables() -> dict[str, pl.DataFrame]:
    return {name: make_table(name, []) for name in TABLES}


def test_a_build_reads_back_as_it_was_written(tmp_path: Path) -> None:
    tables = {**empty_tables(), "nodes": make_table("nodes", [{"id": "DANDI:000003", "label": "Dataset", "name": "A"}])}
    write_build(tmp_path / "b", tables, MANIFEST, texts={"report.html": "<p>"})
    found = Build.open(tmp_path / "b")
    assert found.table("nodes").equals(tables["nodes"])
    assert found.manifest.tables["nodes"].rows == 1
    assert (tmp_path / "b/report.html").read_text() == "<p>"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_build(tmp_path / name, empty_tables(), MANIFEST)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


@pytest.mark.parametrize("damage", ["truncate", "flip", "remove"])
def test_a_damaged_table_is_noticed_when_the_build_is_opened(tmp_path: Path, damage: str) -> None:
    write_build(tmp_path / "b", empty_tables(), MANIFEST)
    table = tmp_path / "b/edges.parquet"
    content = table.read_bytes()
    if damage == "remove":
        table.unlink()
    else:
        table.write_bytes(content[:-9] if damage == "truncate" else content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BuildError, match="'edges' is damaged or missing"):
        Build.open(tmp_path / "b")


def test_a_build_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/manifest.json").write_text(MANIFEST.model_copy(update={"schema_version": 99}).model_dump_json())
    with pytest.raises(BuildError, match="shape 99"):
        Build.open(tmp_path / "b")


def test_a_folder_that_is_no_build_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/thesis.docx").write_text("years of work")
    with pytest.raises(BuildError, match="it is left alone"):
        write_build(tmp_path / "b", empty_tables(), MANIFEST)
    assert (tmp_path / "b/thesis.docx").read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_current_points_at_the_newest_and_a_reader_keeps_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_build(tmp_path / name, empty_tables(), MANIFEST)
    point_current(tmp_path, tmp_path / "one")
    reader = resolve_build(None, tmp_path)
    point_current(tmp_path, tmp_path / "two")
    assert reader.path.name == "one"
    assert resolve_build(None, tmp_path).path.name == "two"


def test_no_build_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="kg build"):
        resolve_build(None, tmp_path)


rows = st.lists(
    st.fixed_dictionaries(
        {"record_id": st.sampled_from("ab"), "section": st.sampled_from("xy"), "start": st.integers(0, 9)}
    ),
    max_size=8,
    unique_by=lambda row: tuple(row.values()),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.randoms())
def test_the_order_of_rows_leaves_no_trace(found: list[dict[str, object]], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert make_table("mentions", found).equals(make_table("mentions", shuffled))


def test_a_row_with_a_column_the_table_has_not_is_refused() -> None:
    with pytest.raises(GraphError, match="colour"):
        make_table("nodes", [{"id": "a:1", "colour": "red"}])


def test_a_manifest_alone_makes_no_build_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "extension").mkdir()
    (tmp_path / "extension/manifest.json").write_text('{"name": "web extension"}')
    with pytest.raises(BuildError, match="no manifest of a build"):
        check_replaceable(tmp_path / "extension")
    write_build(tmp_path / "b", empty_tables(), MANIFEST)
    (tmp_path / "b/notes.txt").write_text("mine")
    with pytest.raises(BuildError, match=r"notes\.txt"):
        check_replaceable(tmp_path / "b")


def test_a_link_is_never_replaced(tmp_path: Path) -> None:
    write_build(tmp_path / "b", empty_tables(), MANIFEST)
    (tmp_path / "link").symlink_to("b")
    with pytest.raises(BuildError, match="a link is in the way"):
        write_build(tmp_path / "link", empty_tables(), MANIFEST)


def test_only_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    ours = [".out.0123abcd", ".out.old.0123abcd"]
    others = [".out.backup", ".out.01234567.bak", ".outer.0123abcd", "out.0123abcd"]
    for name in ours + others:
        (tmp_path / name).mkdir()
    (tmp_path / ".out.89abcdef").write_text("a file")
    remove_left_overs(tmp_path / "out")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([*others, ".out.89abcdef"])


def test_a_folder_where_the_link_goes_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    with pytest.raises(BuildError, match="move it away"):
        point_current(tmp_path, tmp_path / "b")


@pytest.mark.parametrize("name", ["0123456789ab", "0123456", "0129"])
def test_a_build_may_be_named_by_as_much_of_its_id_as_is_clear(tmp_path: Path, name: str) -> None:
    for build_id in ("0123456789ab", "0129456789ab", "fedcba987654"):
        write_build(tmp_path / build_id, empty_tables(), MANIFEST)
    (tmp_path / "0123ffffffff").mkdir()  # no build
    assert resolve_build(Path(name), tmp_path).path.name.startswith(name)


@pytest.mark.parametrize(("name", "said"), [("0123", "2 builds begin with '0123'"), ("0124", "no build '0124'")])
def test_what_names_several_builds_or_none_is_an_error_that_says_so(
    tmp_path: Path, name: str, said: str
) -> None:
    for build_id in ("0123456789ab", "0123956789ab"):
        write_build(tmp_path / build_id, empty_tables(), MANIFEST)
    with pytest.raises(BuildError, match=said):
        resolve_build(Path(name), tmp_path)


def test_a_build_consists_of_the_tables_that_have_columns() -> None:
    assert tuple(TABLES) == TABLE_NAMES


def test_going_back_to_the_build_before_needs_no_tables() -> None:
    code = "import sys, kg.build.taking_back; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
