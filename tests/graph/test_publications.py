"""Readers see one build or the next, and what was published can be taken back."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from kg.errors import BuildError
from kg.graph import publications
from kg.graph.build_dir import Build, resolve_build
from kg.graph.publications import (
    WAITING,
    earlier_builds,
    history,
    last_publication,
    previous_build,
    prune_builds,
    publish_build,
    roll_back,
)


@pytest.fixture
def builds(sample_build: Build, tmp_path: Path) -> list[Build]:
    """Five builds of one folder."""
    paths = [tmp_path / f"{n:012x}" for n in range(5)]
    for path in paths:
        shutil.copytree(sample_build.path, path)
    return [Build.open(path) for path in paths]


def test_a_build_is_published_and_taken_back_twice(builds: list[Build], tmp_path: Path) -> None:
    for build in builds[:3]:
        publish_build(tmp_path, build, run_id="r1", scores={"mentions": 0.9})
    assert (tmp_path / "current").resolve() == builds[2].path
    assert previous_build(tmp_path) == builds[1].path
    assert roll_back(tmp_path).path == builds[1].path
    assert roll_back(tmp_path).path == builds[0].path
    with pytest.raises(BuildError, match="no earlier build"):
        roll_back(tmp_path)
    last = last_publication(tmp_path)
    assert last is not None
    assert (last.is_rollback, last.scores) == (True, {"mentions": 0.9})


@pytest.mark.parametrize(
    ("order", "earlier"), [([0, 1, 0], [1]), ([0, 1, 2, 1], [2, 0]), ([0, 1, 0, 1, 2], [1, 0]), ([0], [])]
)
def test_a_build_that_comes_back_has_before_it_what_was_current_last(
    builds: list[Build], tmp_path: Path, order: list[int], earlier: list[int]
) -> None:
    for number in order:
        publish_build(tmp_path, builds[number])
    assert earlier_builds(tmp_path) == [builds[number].path for number in earlier]


def test_a_damaged_build_is_passed_over_when_taking_back(builds: list[Build], tmp_path: Path) -> None:
    for build in builds[:3]:
        publish_build(tmp_path, build)
    (builds[1].path / "edges.parquet").write_bytes(b"")
    assert roll_back(tmp_path).path == builds[0].path
    publish_build(tmp_path, builds[2])
    (builds[0].path / "edges.parquet").write_bytes(b"")
    with pytest.raises(BuildError, match=r"no earlier build is whole.*\n.*kg publish --build"):
        roll_back(tmp_path)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(("died_in", "is_switched"), [("_remember", True), ("point_current", False)])
def test_a_publication_that_was_cut_off_is_in_the_history_if_readers_saw_it(
    builds: list[Build], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, died_in: str, is_switched: bool
) -> None:
    def die(*given: object) -> None:
        raise Killed

    publish_build(tmp_path, builds[0], scores={"claims": 0.8})
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(publications, died_in, die)
        publish_build(tmp_path, builds[1], scores={"claims": 0.9}, run_id="r1")
    last = last_publication(tmp_path)
    assert last is not None
    assert last.scores == {"claims": 0.9 if is_switched else 0.8}
    publish_build(tmp_path, builds[2])
    told = [0, 1, 2] if is_switched else [0, 2]
    assert [found.path for found in history(tmp_path)] == [builds[number].path.name for number in told]
    assert not list(tmp_path.glob(".*"))


def test_what_waited_is_forgotten_when_another_build_becomes_current(builds: list[Build], tmp_path: Path) -> None:
    publish_build(tmp_path, builds[0])
    publish_build(tmp_path, builds[1])
    (tmp_path / WAITING).write_text("{}", encoding="utf-8")
    roll_back(tmp_path)
    assert not (tmp_path / WAITING).exists()


def test_a_line_of_the_history_that_was_cut_off_costs_itself_alone(builds: list[Build], tmp_path: Path) -> None:
    publish_build(tmp_path, builds[0])
    with (tmp_path / "published.jsonl").open("a") as stream:
        stream.write('{"build_id": "0000')
    publish_build(tmp_path, builds[1])
    assert [found.path for found in history(tmp_path)] == [builds[0].path.name, builds[1].path.name]


def test_pruning_spares_what_is_current_and_what_is_being_read(builds: list[Build], tmp_path: Path) -> None:
    for build in builds:
        publish_build(tmp_path, build)
    reader = Build.open(builds[0].path)
    paths = [build.path for build in builds]
    builds.clear()
    removed = prune_builds(tmp_path, keep=2)
    assert sorted(removed) == paths[1:3]
    assert reader.table("edges").height  # it finishes
    del reader
    assert prune_builds(tmp_path, keep=2) == [paths[0]]
    assert {path.name for path in tmp_path.iterdir()} == {
        paths[3].name,
        paths[4].name,
        "current",
        "published.jsonl",
    }


def test_pruning_spares_the_build_that_waits_however_old_it_is(builds: list[Build], tmp_path: Path) -> None:
    publish_build(tmp_path, builds[0])
    paths = [build.path for build in builds]
    builds.clear()
    (tmp_path / WAITING).write_text(json.dumps({"path": paths[1].name}), encoding="utf-8")
    for number, path in enumerate(paths):
        os.utime(path / "manifest.json", (number, number))
    assert prune_builds(tmp_path, keep=2) == [paths[2]]


def test_readers_never_see_anything_but_a_whole_build(builds: list[Build], tmp_path: Path) -> None:
    publish_build(tmp_path, builds[0])
    seen: set[str] = set()
    faults: list[BuildError] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.add(resolve_build(None, tmp_path).path.name)
            except BuildError as error:
                faults.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(60):
        publish_build(tmp_path, builds[number % 5])
    stop.set()
    thread.join()
    assert not faults
    assert seen <= {build.path.name for build in builds}
