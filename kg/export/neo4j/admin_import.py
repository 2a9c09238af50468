"""CSV files for ``neo4j-admin database import full``, which fills an empty database faster than any client.

https://neo4j.com/docs/operations-manual/5/tools/neo4j-admin/neo4j-admin-import/ describes the format.
Every text is quoted, so that an empty one is told from none, and a line break or a quote is only a
character. Lists are joined by a character that none of their items has. An empty list is the one thing
that the importer can't be told: it makes none of it. So the ``(:Build)`` node that comes along has the
status 'imported', and the publish that follows makes the indexes, fills the lists in, and compares.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from kg import __version__
from kg.errors import ExportError
from kg.export.neo4j.graph import Graph
from kg.export.neo4j.shape import schema_fingerprint
from kg.export.neo4j.state import IMPORTED
from kg.export.neo4j.statements import BUILD_LABEL, BUILD_MARK, MARK, fill_edges, fill_nodes
from kg.model.progress import Progress, silent
from kg.model.schema import ENTITY

if TYPE_CHECKING:
    from neo4j import Driver

#: What may join the items of lists: control characters that separate, and their pictures.
_SEPARATORS: Final = ("\x1f", "\x1e", "\x1d", "\u241f")
_TYPES: Final[dict[pl.DataType, str]] = {
    pl.String(): "string",
    pl.Int64(): "long",
    pl.Float64(): "double",
    pl.Boolean(): "boolean",
    pl.List(pl.String()): "string[]",
}
#: The importer's buffer must hold the longest field and its line.
_BUFFER_MB: Final = 4


class ImportFiles(NamedTuple):
    """What was written.

    Parameters
    ----------
    folder : Path
        Where.
    arguments : tuple of str
        Of ``neo4j-admin``.
    nodes, edges : int
        How many.
    """

    folder: Path
    arguments: tuple[str, ...]
    nodes: int
    edges: int

    @property
    def command(self) -> str:
        """The command to run, for a shell."""
        return shlex.join(["neo4j-admin", *self.arguments])


def write_import(
    graph: Graph, folder: Path, *, build_id: str, digest: str, database: str = "neo4j", progress: Progress = silent
) -> ImportFiles:
    """Write a graph's CSV files.

    Parameters
    ----------
    graph : Graph
        The graph.
    folder : Path
        New, empty, or with the files of an earlier export.
    build_id, digest : str
        What the database will say that it holds.
    database : str
        Which database the command fills.
    progress : callable, optional
        Told the rows that are written.

    Raises
    ------
    ExportError
        If something else is in the folder, or the lists use every separator.
    """
    _clear(folder)
    separator = _choose_separator(graph)
    total = sum(frame.height for frames in (graph.nodes, graph.edges) for frame in frames.values())
    done, largest = 0, 0
    inputs = []
    for label, frame in graph.nodes.items():
        path = folder / f"nodes-{label}.csv"
        columns = [pl.col("id").alias(f"{MARK}:ID"), *_properties(frame, frame.columns, separator)]
        _write(frame.select(columns), path)
        inputs.append(f"--nodes={label}:{ENTITY}={path}")
        progress("writing CSV", done := done + frame.height, total)
        largest = max(largest, _longest(frame))
    inputs.append(f"--nodes={BUILD_LABEL}={_write_build(folder, build_id, digest)}")
    for name, frame in graph.edges.items():
        path = folder / f"edges-{name}.csv"
        ends = [pl.col("subject").alias(":START_ID"), pl.col("object").alias(":END_ID")]
        _write(frame.select(*ends, *_properties(frame, frame.columns[2:], separator)), path)
        inputs.append(f"--relationships={name}={path}")
        progress("writing CSV", done := done + frame.height, total)
        largest = max(largest, _longest(frame))
    options = [
        "--overwrite-destination=true",
        "--multiline-fields=true",
        "--id-type=string",
        "--strict=true",
        "--bad-tolerance=0",
        f"--array-delimiter=U+{ord(separator):04X}",
        f"--read-buffer-size={max(_BUFFER_MB, largest * 2 // 1_000_000 + 1)}m",
    ]
    arguments = ("database", "import", "full", database, *options, *inputs)
    nodes = sum(frame.height for frame in graph.nodes.values())
    return ImportFiles(folder, arguments, nodes, total - nodes)


def fill_lists(driver: Driver, database: str, graph: Graph) -> bool:
    """Make the empty lists of an imported graph.

    Returns
    -------
    bool
        Whether that is all that the import left out: not where a column has gaps besides empty lists, or
        lists of one empty text, which the importer takes for none.
    """
    is_all = True
    with driver.session(database=database) as session:
        for frames, statement in ((graph.nodes, fill_nodes), (graph.edges, fill_edges)):
            for what, frame in frames.items():
                for name in (n for n, kind in frame.schema.items() if kind == pl.List(pl.String())):
                    lists = frame[name]
                    is_all = is_all and not lists.list.join("").eq("").sum() > (lists.list.len() == 0).sum()
                    if not (lists.list.len() == 0).any():
                        continue
                    if lists.null_count():
                        is_all = False
                    else:
                        session.run(statement(what, name)).consume()
    return is_all


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ours = {path for pattern in ("nodes-*.csv", "edges-*.csv", "build.csv") for path in folder.glob(pattern)}
    if strangers := sorted(path.name for path in folder.iterdir() if path not in ours):
        raise ExportError(
            f"the folder holds {strangers[0]!r}, which is not of an earlier export", str(folder), "name an empty folder"
        )
    for path in ours:
        path.unlink()


def _choose_separator(graph: Graph) -> str:
    lists = [
        frame[name].drop_nulls().explode().drop_nulls()
        for frames in (graph.nodes, graph.edges)
        for frame in frames.values()
        for name, kind in frame.schema.items()
        if kind == pl.List(pl.String())
    ]
    for separator in _SEPARATORS:
        if not any(items.str.contains(separator, literal=True).any() for items in lists if items.len()):
            return separator
    raise ExportError("lists hold every character that could separate their items", "neo4j-admin", "use 'kg publish'")


def _properties(frame: pl.DataFrame, names: list[str], separator: str) -> list[pl.Expr]:
    found = []
    for name in names:
        kind = frame.schema[name]
        value = pl.col(name).list.join(separator) if kind == pl.List(pl.String()) else pl.col(name)
        found.append(value.alias(f"{name}:{_TYPES[kind]}"))
    return found


def _longest(frame: pl.DataFrame) -> int:
    sizes = [
        frame[name].str.len_bytes().max() if kind == pl.String() else frame[name].list.join("").str.len_bytes().max()
        for name, kind in frame.schema.items()
        if kind in (pl.String(), pl.List(pl.String()))
    ]
    return sum(size for size in sizes if isinstance(size, int))


def _write(frame: pl.DataFrame, path: Path) -> None:
    # The header is quoted by nobody: a quoted one is a name with quotes.
    path.write_text(",".join(frame.columns) + "\n", encoding="utf-8")
    with path.open("ab") as file:
        frame.write_csv(file, include_header=False, quote_style="non_numeric")


def _write_build(folder: Path, build_id: str, digest: str) -> Path:
    values: Mapping[str, str] = {
        f"{MARK}:ID": BUILD_MARK,
        "id:string": build_id,
        "digest:string": digest,
        "status:string": IMPORTED,
        "schema:string": schema_fingerprint(),
        "kg_version:string": __version__,
        "published_at:datetime": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path = folder / "build.csv"
    _write(pl.DataFrame({name: [value] for name, value in values.items()}), path)
    return path
