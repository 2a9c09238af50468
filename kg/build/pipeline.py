"""One build: snapshot, link, claim, assemble, check, write."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import polars as pl

from kg import __version__
from kg.build.collecting import leave_out, seldom_collecting
from kg.build.incremental import gather
from kg.build.lock import PUBLICATION, only_one
from kg.build.report import REPORTED, Readable, make_report, read_columns, report_html, report_json
from kg.build.snapshot import (
    Snapshot,
    build_id_of,
    configured_sources,
    curated_digest,
    digests_of_tables,
    settings_of,
    take_snapshot,
)
from kg.build.versions import code_version, version_of
from kg.config import KgConfig, curated_dir
from kg.errors import BuildError
from kg.graph.assemble import assemble_parts
from kg.graph.build_dir import (
    Build,
    Draft,
    Manifest,
    check_replaceable,
    remove_left_overs,
)
from kg.graph.checks import CHECKED, check_graph
from kg.graph.facts import PARTS, problem_rows
from kg.graph.layout import CURRENT
from kg.graph.publications import prune_builds, publish_build
from kg.graph.tables import TABLES, frame_of, sort_table
from kg.model.progress import Progress, silent
from kg.ontology import Vocabulary, load_vocabulary


class BuildResult(NamedTuple):
    """A build, whether it was there already, and how long each step took."""

    build: Build
    is_reused: bool
    seconds: dict[str, float]
    #: How many records there are, and how many were linked and had their claims derived, not taken from the cache.
    work: dict[str, int] = {}  # noqa: RUF012 - a field of a named tuple
    #: What it was made with, loaded: the gates need it too.
    vocabulary: Vocabulary | None = None


class _Steps:
    """A clock for each step; what a step within another takes counts for itself alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._within = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.seconds.setdefault(name, 0.0)
        started, before, self._within = time.perf_counter(), self._within, 0.0
        yield
        took = time.perf_counter() - started
        self.seconds[name] = round(self.seconds[name] + took - self._within, 3)
        self._within = before + took


def build(
    config: KgConfig,
    *,
    out: Path | None = None,
    force: bool = False,
    publish: bool = True,
    progress: Progress = silent,
) -> BuildResult:
    """Make a build, or find the one that these inputs made before.

    Parameters
    ----------
    config : KgConfig
        Sources, vocabularies and where builds go.
    out : Path, optional
        The build's own folder. Without it, ``<build.out>/<build id>``, and ``<build.out>/current`` points at it.
    force : bool
        Build again even if a build of the same id is there.
    publish : bool
        Whether a build without `out` becomes the current one, whatever the gates would say.
    progress : Progress
        Told of each step.

    Returns
    -------
    BuildResult
        The build, open.

    Raises
    ------
    ConfigError
        If a source has no files.
    BuildError
        If `out` is a folder with something else in it, or another build is at work there.
    """
    steps = _Steps()
    with seldom_collecting():
        with steps.step("vocabulary"):
            progress("loading vocabularies", 0, 0)
            vocabulary = load_vocabulary(config, progress=lambda step: progress(step, 0, 0))
            leave_out()
        with steps.step("snapshot"):
            snapshot = take_snapshot(config)
        build_id = build_id_of(snapshot, vocabulary, config)
        path = (out if out is not None else config.build.out / build_id).absolute()
        work: dict[str, int] = {}
        with only_one(path):
            found = None if force else _existing(path, build_id)
            if found is None:
                check_replaceable(path)
                remove_left_overs(path)
                finished, work = _make(config, snapshot, vocabulary, build_id, path, steps, progress)
            else:
                finished = found
    if publish and out is None:
        with only_one(config.build.out / PUBLICATION):
            publish_build(config.build.out, finished)
            sweep(config)
            prune_builds(config.build.out, keep=config.build.keep)
    return BuildResult(finished, found is not None, steps.seconds, work, vocabulary)


def _make(
    config: KgConfig,
    snapshot: Snapshot,
    vocabulary: Vocabulary,
    build_id: str,
    path: Path,
    steps: _Steps,
    progress: Progress,
) -> tuple[Build, dict[str, int]]:
    with steps.step("read, link and derive"):
        gathered = gather(config, snapshot, vocabulary, progress)
    # Beside the assembling, a table at a time: to compress them takes a core as long as to make them.
    with Draft(path) as draft, ThreadPoolExecutor(1) as beside:
        writing: list[Future[None]] = []

        def put(name: str, table: pl.DataFrame) -> None:
            finish_writing()
            writing.append(beside.submit(draft.put, name, table))

        def finish_writing() -> None:
            with steps.step("write"):
                while writing:
                    writing.pop().result()

        with steps.step("assemble"):
            progress("assembling the graph", 0, 0)
            # A table at a time: all of them together are several times what any step needs.
            problems = problem_rows(assemble_parts(gathered.parts, vocabulary, put))
            left_out = frame_of(problems, PARTS["problems"], "problems")
            put(
                "problems", sort_table("problems", pl.concat([gathered.parts["problems"], left_out]).unique())
            )
        finish_writing()
        with steps.step("check and report"):
            # Read back once for both: what is checked is what was written.
            tables = read_columns(draft, {name: _columns(name) for name in {**CHECKED, **REPORTED}})
            checking = beside.submit(check_graph, tables)
            manifest = Manifest(
                build_id=build_id,
                code_version=code_version(),
                code={part: version_of(part) for part in ("harvest", "link", "claims", "graph")},
                package_version=__version__,
                vocabulary=vocabulary.fingerprint,
                vocabularies=dict(vocabulary.versions),
                curated=curated_digest(config.vocabularies.curated or curated_dir()),
                curated_tables=digests_of_tables(config),
                sources=configured_sources(config),
                configuration=settings_of(config),
                inputs=snapshot.count_by_source(),
                counts=count_tables(draft),
            )
            report = make_report(manifest, tables)
            texts = {"report.html": report_html(report), "report.json": report_json(report)}
            checking.result()
        with steps.step("write"):
            made = draft.finish(manifest, texts)
    with steps.step("tidy the cache"):
        gathered.tidy()
    return made, {"records": gathered.records, "linked": gathered.linked, "derived": gathered.derived}


def _columns(name: str) -> list[str]:
    """Name the columns of a table that the checks or the report read."""
    return [column for column in TABLES[name] if column in {*CHECKED.get(name, ()), *REPORTED.get(name, ())}]


def count_tables(build: Readable) -> dict[str, dict[str, int]]:
    """Count what a build holds: nodes by label, edges by type, claims by kind, problems by severity."""

    def by(name: str, column: str) -> dict[str, int]:
        return dict(build.read(name, [column]).group_by(column).len().sort(column).iter_rows())

    return {
        "records": by("records", "record_type"),
        "nodes": by("nodes", "label"),
        "edges": by("edges", "predicate"),
        "claims": by("claims", "kind"),
        "mentions": by("mentions", "category"),
        "evidence": by("evidence", "method"),
        "problems": by("problems", "severity"),
    }


def _existing(path: Path, build_id: str) -> Build | None:
    if not (path / "manifest.json").is_file():
        return None
    try:
        found = Build.open(path)
    except BuildError:
        return None  # damaged, or of another shape: it is built again
    return found if found.manifest.build_id == build_id else None


def sweep(config: KgConfig) -> None:
    """Remove what builds and publications that were killed left beside builds. Only for who holds the folder's lock."""
    out = config.build.out
    for entry in out.iterdir():
        if entry.is_symlink() and re.fullmatch(rf"\.{CURRENT}\.[0-9a-f]{{8}}", entry.name):
            entry.unlink()
        elif found := re.fullmatch(r"\.([0-9a-f]{12})\.(?:lock|(?:old\.)?[0-9a-f]{8})", entry.name):
            try:
                with only_one(out / found[1]):  # whose lock goes with it
                    remove_left_overs(out / found[1])
            except BuildError:
                continue  # somebody is writing it
