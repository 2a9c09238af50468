"""The log: every line in its form and with the run's id, whichever process writes it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.build.workers import Workers
from kg.config import KgConfig
from kg.logs import LogFormat, log_setup, setup_logging
from kg.ontology import Vocabulary, load_vocabulary
from kg.wiki.files import PageFile
from kg.wiki.pool import work_on


def warn(what: str) -> str:
    logging.getLogger("kg.link").warning("lexicon %s is damaged", what, extra={"step": "link"})
    return what


def warn_of(worker: str, page: PageFile) -> str:
    return warn(page.relative)


def give(worker: str, results: list[str]) -> list[str]:
    return results


@pytest.fixture
def json_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    own = logging.getLogger("kg")
    before = own.handlers, own.level, own.propagate
    monkeypatch.setattr("kg.logs._setup", None)
    setup_logging(LogFormat.JSON, "20261101T020000Z-0f3a")
    yield
    own.handlers, own.level, own.propagate = before


@pytest.fixture(scope="module")
def vocabulary(sample_config: KgConfig) -> Vocabulary:
    return load_vocabulary(sample_config)


def in_a_build(config: KgConfig, vocabulary: Vocabulary) -> None:
    two = config.model_copy(update={"build": config.build.model_copy(update={"processes": 2})})
    with Workers(two, vocabulary, frozenset()) as workers:
        assert workers._there().submit(warn, "x").result() == "x"


def in_an_update_of_pages(config: KgConfig, vocabulary: Vocabulary) -> None:
    pages = [PageFile(Path(f"/wiki/{n}.md"), Path("/wiki"), "x") for n in range(65)]
    assert [*work_on(pages, "", str, warn_of, give, processes=2)] == [["x"] * 64, ["x"]]


@pytest.mark.usefixtures("json_log")
@pytest.mark.parametrize("work", [in_a_build, in_an_update_of_pages])
def test_a_worker_process_logs_as_the_run_that_started_it(
    work: Callable[[KgConfig, Vocabulary], None],
    sample_config: KgConfig,
    vocabulary: Vocabulary,
    capfd: pytest.CaptureFixture[str],
) -> None:
    work(sample_config, vocabulary)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert lines
    for line in lines:
        del line["time"]
        assert line == {
            "level": "warning",
            "logger": "kg.link",
            "run_id": "20261101T020000Z-0f3a",
            "message": "lexicon x is damaged",
            "step": "link",
        }


def test_a_library_s_use_sets_up_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.logs._setup", None)
    assert log_setup() is None
