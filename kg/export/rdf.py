"""RDF: N-Quads, N-Triples and Turtle of a build.

Every claim is a node, an ``rdf:Statement`` and a ``biolink:Association``, with its evidence; what an asserted or
contested claim says stands besides as a plain triple, in a graph named by the claim. The reasons are in
``docs/decisions/0004-rdf-shape.md``. Statements are written in the order of their bytes, a slice of claims at a time.
"""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

import polars as pl

from kg.errors import ExportError
from kg.export.rdf_statements import (
    check_identifiers,
    claim_slices,
    direct_lines,
    evidence_slices,
    node_lines,
    schema_lines,
    with_terms,
)
from kg.export.rdf_terms import iri, rdf_prefixes
from kg.model.progress import Progress, silent

#: Endings that `export_rdf` writes.
FORMATS: Final = (".nq", ".nt", ".ttl", ".nq.gz", ".nt.gz", ".ttl.gz")

#: Turtle goes through rdflib, which holds every triple in memory and takes a second for ten thousand.
TURTLE_LIMIT: Final = 300_000


class ExportSummary(NamedTuple):
    """What an export wrote: statements (of all graphs), and bytes of the file (0 for a stream)."""

    triples: int
    bytes: int


def export_rdf(
    tables: Mapping[str, pl.DataFrame], path: Path, *, progress: Progress | None = None
) -> ExportSummary:
    """Write a build as RDF, in the format that the file's ending names.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        ``nodes``, ``claims`` and ``evidence`` of a build.
    path : pathlib.Path
        Ends in ``.nq``, ``.nt`` or ``.ttl``, or in these and ``.gz``. A file that is there is replaced, and only by a
        whole one.
    progress : Progress, optional
        Told how many claims are written.

    Returns
    -------
    ExportSummary
        Statements and bytes written.

    Raises
    ------
    ExportError
        If the ending is of no known format, an identifier has a prefix that isn't known, or there is more than Turtle
        is meant for.
    """
    name = path.name.lower()
    ending = next((ending for ending in FORMATS if name.endswith(ending)), None)
    if ending is None:
        raise ExportError("its ending names no RDF format", str(path), f"end it in {', '.join(FORMATS)}")
    with _written_aside(path) as aside, _opened(aside, compressed=ending.endswith(".gz")) as stream:
        if ending.startswith(".ttl"):
            triples = _write_turtle(tables, stream, progress)
        elif ending.startswith(".nt"):
            triples = write_ntriples(tables, stream, progress=progress)
        else:
            triples = write_nquads(tables, stream, progress=progress)
    return ExportSummary(triples, path.stat().st_size)


def write_nquads(
    tables: Mapping[str, pl.DataFrame], stream: IO[bytes], *, progress: Progress | None = None
) -> int:
    """Write N-Quads, sorted by their bytes, to a stream, and return their number.

    Raises
    ------
    ExportError
        If an identifier has a prefix that isn't known; nothing is written then.
    """
    return _write_lines(tables, stream, progress or silent, with_graphs=True)


def write_ntriples(
    tables: Mapping[str, pl.DataFrame], stream: IO[bytes], *, progress: Progress | None = None
) -> int:
    """Write N-Triples, sorted by their bytes, to a stream, and return their number: N-Quads without the graphs' names.

    Raises
    ------
    ExportError
        If an identifier has a prefix that isn't known; nothing is written then.
    """
    return _write_lines(tables, stream, progress or silent, with_graphs=False)


def _write_lines(
    tables: Mapping[str, pl.DataFrame], stream: IO[bytes], progress: Progress, *, with_graphs: bool
) -> int:
    check_identifiers(tables)
    nodes, claims, evidence = tables["nodes"], tables["claims"], tables["evidence"]
    ends = with_terms(claims, nodes)
    rest = pl.concat([schema_lines(), *node_lines(nodes), *direct_lines(ends, with_graphs=with_graphs)])
    rest = rest.unique().sort("line")

    # Claims and evidence are the most, and each kind's lines stand together in the order of bytes: they are written in
    # slices, between what comes before and after.
    count = 0
    done = 0
    for border, slices in (
        ("claim", claim_slices(ends, evidence)),
        ("evidence", evidence_slices(evidence)),
    ):
        start = iri(f"{border}:")[:-1]
        count += _write(stream, rest.filter(pl.col("line") < start))
        rest = rest.filter(pl.col("line") >= start)
        for blocks in slices:
            _write(stream, blocks.text)
            count += blocks.triples
            done += blocks.subjects
            progress("rdf", done, len(claims) + len(evidence))
    return count + _write(stream, rest)


def _write(stream: IO[bytes], lines: pl.DataFrame) -> int:
    if len(lines):
        lines.select("line").write_csv(stream, include_header=False, quote_style="never")
    return len(lines)


def _write_turtle(tables: Mapping[str, pl.DataFrame], stream: IO[bytes], progress: Progress | None) -> int:
    from rdflib import Graph  # late: it takes a third of a second, and most exports don't need it

    # Fifteen statements a claim and ten a piece of evidence, before any is written.
    expected = 15 * len(tables["claims"]) + 10 * len(tables["evidence"])
    if expected > TURTLE_LIMIT:
        raise ExportError(
            f"about {expected:,} triples are too many for Turtle, which is for graphs up to {TURTLE_LIMIT:,}",
            mend="write .nt or .nq",
        )
    buffer = io.BytesIO()
    triples = write_ntriples(tables, buffer, progress=progress)
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in rdf_prefixes().items():
        graph.bind(prefix, namespace)
    graph.parse(data=buffer.getvalue(), format="nt")
    graph.serialize(stream, format="turtle", encoding="utf-8")
    return triples


@contextmanager
def _opened(path: Path, *, compressed: bool) -> Iterator[IO[bytes]]:
    with path.open("wb") as raw:
        if not compressed:
            yield raw
            return
        # No name and no time in the header: the same build gives the same bytes.
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
            yield packed  # type: ignore[misc]  # GzipFile is an IO[bytes] in all but name


@contextmanager
def _written_aside(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        aside = Path(folder) / path.name
        yield aside
        aside.replace(path)
