"""Work shared between processes has the order and the results of one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.wiki.files import PageFile
from kg.wiki.pool import work_on

PAGES = [PageFile(Path(f"/wiki/{number}.md"), Path("/wiki"), f"{number}.md") for number in range(200)]


def make_worker(job: str) -> list[str]:
    return [job]


def work(worker: list[str], page: PageFile) -> tuple[str, int]:
    return f"{worker[0]} {page.relative}", os.getpid()


def finish(worker: list[str], results: list[tuple[str, int]]) -> list[tuple[str, int]]:
    worker.append("finished")
    return [*results]


@pytest.mark.parametrize("processes", [1, 2])
def test_every_page_is_worked_on_once_and_in_order(processes: int) -> None:
    results = [
        item for batch in work_on(PAGES, "job", make_worker, work, finish, processes=processes) for item in batch
    ]
    assert [said for said, _ in results] == [f"job {page.relative}" for page in PAGES]
    assert (os.getpid() in {process for _, process in results}) is (processes == 1)


def test_without_pages_nobody_is_made() -> None:
    assert list(work_on([], "job", None, work, finish)) == []  # type: ignore[type-var]
