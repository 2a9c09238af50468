"""A build that is cut off anywhere leaves the old build or the new one, and the next run is as if nothing had been."""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kg.build import workers
from kg.build.nightly import FAILED, run_nightly
from kg.build.pipeline import build
from kg.build.publication import publish_gated
from kg.config import KgConfig
from kg.graph.build_dir import Build
from kg.graph.publications import current_path
from kg.ontology import Vocabulary
from tests.build.test_incremental import Corpus, contents, over

#: What writes, flushes, moves and removes: a process can die before, in or after any of them.
OPERATIONS = (
    (os, "fsync"),
    (os, "replace"),
    (os, "rename"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "mkdir"),
    (Path, "unlink"),
    (Path, "write_text"),
    (Path, "write_bytes"),
    (Path, "symlink_to"),
    (shutil, "rmtree"),
    (pl.DataFrame, "write_parquet"),
)


class Killed(BaseException):
    """The process is gone: nothing of it catches this, and nothing of it can tidy up."""


class Death:
    """Ends a build at its n-th operation; from then on no operation does anything, as in a process that is dead."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, fault: BaseException | None = None) -> None:
        self.at, self.fault, self.done, self.dead = at, fault, 0, False
        for owner, name in OPERATIONS:
            patch.setattr(owner, name, self.wrapped(getattr(owner, name), name))

    def wrapped(self, own: Callable[..., Any], name: str) -> Callable[..., Any]:
        def operation(*arguments: Any, **options: Any) -> Any:
            self.done += 1
            if self.dead and self.fault is None:
                raise Killed
            if self.done != self.at:
                return own(*arguments, **options)
            self.dead = True
            if self.done % 3 == 0 and self.fault is None:
                own(*arguments, **options)  # it dies just after
            elif self.done % 3 == 1 and name in ("write_parquet", "write_text", "write_bytes"):
                path = Path(arguments[1] if name == "write_parquet" else arguments[0])
                own(*arguments, **options)
                os.truncate(path, path.stat().st_size // 2)  # half of it was written
            raise self.fault or Killed

        return operation


@pytest.fixture
def small(sample_config: KgConfig, quick: None, tmp_path: Path) -> tuple[Corpus, KgConfig]:
    corpus = Corpus(tmp_path / "in", seed=2)
    corpus.articles = dict(list(corpus.articles.items())[:2])
    corpus.write()
    return corpus, over(corpus, sample_config, tmp_path / "builds", tmp_path / "cache")


def edit(corpus: Corpus, number: int) -> None:
    corpus.articles[1] = f"Neuroinflammation drives Parkinson disease in {number} of 9 mice."
    corpus.write()


def whole_build(config: KgConfig, vocabulary: Vocabulary) -> Build:
    made = build(config, publish=False).build
    publish_gated(config, made, vocabulary=vocabulary, accept="a test")
    return made


def count_operations(config: KgConfig, vocabulary: Vocabulary) -> int:
    with pytest.MonkeyPatch.context() as patch:
        counter = Death(patch, at=-1)
        whole_build(config, vocabulary)
    return counter.done


def test_a_build_cut_off_at_any_of_100_points_is_never_seen_half_and_the_next_is_whole(
    small: tuple[Corpus, KgConfig], loaded: Vocabulary, tmp_path: Path
) -> None:
    corpus, config = small
    whole_build(config, loaded)
    edit(corpus, 1000)
    total = count_operations(config, loaded)
    points = random.Random(4).choices(range(1, total + 1), k=100)
    out = config.build.out
    for number, point in enumerate(points):
        edit(corpus, number)
        before = current_path(out)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            Death(patch, at=min(point, total))
            whole_build(config, loaded)
            raise Killed  # the edit took fewer operations than that
        seen = current_path(out)
        assert seen is not None
        Build.open(seen)
        visible = [
            path
            for path in out.iterdir()
            if not path.name.startswith(".") and (path / "manifest.json").exists()
        ]
        assert before in visible
        assert all(Build.open(path.resolve()) for path in visible), (point, visible)
        if number % 7 == 0:
            made = whole_build(config, loaded)
            assert current_path(out) == made.path
    scratch = over(corpus, config, tmp_path / "other", tmp_path / "fresh")
    assert contents(whole_build(config, loaded)) == contents(whole_build(scratch, loaded))
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_a_full_disk_ends_the_run_with_the_last_good_build_and_the_next_is_whole(
    small: tuple[Corpus, KgConfig], loaded: Vocabulary, share: float
) -> None:
    corpus, config = small
    good = run_nightly(config)
    edit(corpus, 1)
    total = count_operations(
        config.model_copy(
            update={"build": config.build.model_copy(update={"out": config.build.out.parent / "aside"})}
        ),
        loaded,
    )
    edit(corpus, 2)
    with pytest.MonkeyPatch.context() as patch:
        Death(patch, at=int(total * share), fault=OSError(errno.ENOSPC, "No space left on device"))
        record = run_nightly(config)
    assert record.exit_code in (
        FAILED,
        0,
        4,
    )  # some writes can be done without: the list of hashes, what was used
    if record.exit_code == FAILED:
        assert record.current == good.build_id
        assert "No space left" in str(record.error)
    done = run_nightly(config)
    assert done.exit_code == 0
    assert done.current == build(config, publish=False).build.manifest.build_id


@pytest.mark.parametrize("most", [1_000, 20_000])
def test_a_disk_that_takes_no_more_bytes_is_an_error_of_the_surroundings(
    small: tuple[Corpus, KgConfig], loaded: Vocabulary, most: int
) -> None:
    corpus, config = small
    good = run_nightly(config)
    edit(corpus, 3)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))  # the system itself refuses to write on
    try:
        record = run_nightly(config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert (record.exit_code, record.current) == (FAILED, good.build_id)
    assert "File too large" in str(record.error)
    assert not [path for path in config.build.out.iterdir() if path.name.startswith(".")]
    done = run_nightly(config)
    assert (done.exit_code, done.current) == (0, build(config, publish=False).build.manifest.build_id)


class _Worker:
    """A worker whom something happens to as soon as it works; it needs no vocabularies for that."""

    def __init__(self, happen: Callable[[], object]) -> None:
        self._happen = happen

    def __getattr__(self, name: str) -> object:
        return self._happen()


def _die(config: KgConfig, known: frozenset[str], log: object) -> None:
    """Start a worker that is killed, as the system kills what takes too much memory."""
    workers._of_process = _Worker(lambda: os.kill(os.getpid(), signal.SIGKILL))  # type: ignore[assignment]


def _starve(config: KgConfig, known: frozenset[str], log: object) -> None:
    """Start a worker that the system gives no more memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + 2**26
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    workers._of_process = _Worker(lambda: bytearray(2**28))  # type: ignore[assignment]


def _import_late(config: KgConfig, known: frozenset[str], log: object) -> None:
    """Start a worker that lacks memory for what it imports only when it is needed."""

    def fail() -> None:
        raise ImportError("/lib/etree.so: failed to map segment from shared object")

    workers._of_process = _Worker(fail)  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (_import_late, r"worker process \d+ ran out of memory at \d\.xml\.gz"),
        (_die, r"worker process \d of 2 \(pid \d+\) was killed by SIGKILL, as when memory runs out"),
        (_starve, r"worker process \d+ ran out of memory at \d\.xml\.gz"),
    ],
)
def test_a_worker_without_memory_ends_the_run_which_says_who_and_the_next_is_whole(
    small: tuple[Corpus, KgConfig],
    loaded: Vocabulary,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    start: Callable[..., None],
    said: str,
) -> None:
    corpus, config = small
    good = run_nightly(config)
    corpus.articles = {n: f"Gliosis leads to dementia in {n} mice." for n in range(1, 9)}
    corpus.write()
    two = config.model_copy(update={"build": config.build.model_copy(update={"processes": 2})})
    with monkeypatch.context() as patch:
        patch.setattr(workers, "_start", start)
        patch.setattr("kg.build.incremental._TASK_BYTES", 10)
        record = run_nightly(two)
    assert (record.exit_code, record.current) == (FAILED, good.build_id)
    assert re.search(said, str(record.error)), record.error
    assert "memory" in str(record.error)
    assert "--processes 1" in str(record.error)
    # Joining one says nothing of it for a moment: the pool's own thread may be who learns of its end.
    until = time.monotonic() + 30
    while (left := multiprocessing.active_children()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left
    assert not [path for path in config.build.out.iterdir() if path.name.startswith(".")]
    done = whole_build(config, loaded)
    assert contents(done) == contents(build(over(corpus, config, tmp_path / "b", tmp_path / "c")).build)


def test_a_process_killed_from_outside_leaves_no_lock_and_no_half_build(
    sample_config: KgConfig, sample_build: Build, tmp_path: Path
) -> None:
    corpus = Corpus(tmp_path / "in", seed=9)
    cache = sample_config.cache_dir
    sources = "".join(f'[sources.{name}]\npath = "in/{name}"\n' for name in ("dandi", "pubmed", "wiki"))
    (tmp_path / "kg.toml").write_text(
        f'cache_dir = "{cache}"\n[build]\nprocesses = 1\n{sources}', encoding="utf-8"
    )
    command = [sys.executable, "-c", "from kg.cli.main import run; run()", "nightly"]
    environment = {**os.environ, "KG_CACHE_DIR": str(cache)}
    log = tmp_path / "log"
    for step in ("build begins",):
        edit(corpus, len(step))
        with log.open("wb") as stream:
            process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=stream)
            while step.encode() not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                time.sleep(0.005)
            time.sleep(0.02)
            process.kill()
            process.wait()
        seen = current_path(tmp_path / "builds")
        assert seen is None or Build.open(seen)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "was ended from outside" in done.stderr
    seen = current_path(tmp_path / "builds")
    assert seen is not None
    assert Build.open(seen)
