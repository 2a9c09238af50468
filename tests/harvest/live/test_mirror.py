"""PubMed's baseline and update files, from a folder and from a server."""

from __future__ import annotations

import datetime
import gzip
import random
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.harvest.live.mirror import _elements
from tests.harvest.live.kills import run_and_kill
from tests.harvest.live.mirror_server import FakeMirror, mirror_file
from tests.harvest.live.pubmed_runs import PubmedBench, truth
from tests.harvest.live.switchboard import Fault, Switchboard
from tests.harvest.live.synthetic import article_set, make_article, make_book

OLD = [make_article(pmid) for pmid in range(1, 31)]
NEW = [make_article(pmid) for pmid in range(31, 41)] + [make_book(41)]
REVISED = OLD[4].revise(OLD[4].revised + datetime.timedelta(days=400))
ONE, TWO, THREE = (
    "baseline/pubmed26n0001.xml.gz",
    "baseline/pubmed26n0002.xml.gz",
    "updatefiles/pubmed26n0003.xml.gz",
)


@pytest.fixture
def mirror() -> FakeMirror:
    return FakeMirror(
        {ONE: mirror_file(OLD), TWO: mirror_file(NEW), THREE: mirror_file([REVISED], deleted=[2, 31, 999])}
    )


@pytest.fixture
def board(mirror: FakeMirror) -> Iterator[Switchboard]:
    with Switchboard(mirror) as board:
        yield board


def final(wanted: set[int]) -> dict[int, bytes]:
    """What a store has after all three files."""
    latest = {item.pmid: item for item in (*OLD, *NEW, REVISED)}
    return truth([item for pmid, item in latest.items() if pmid in wanted - {2, 31}])


@pytest.mark.parametrize("is_remote", [True, False])
def test_files_are_read_in_order_and_deletions_honoured(
    tmp_path: Path, mirror: FakeMirror, board: Switchboard, is_remote: bool
) -> None:
    mirror.write(tmp_path / "mirror")
    place = f"{board.url}/pubmed/" if is_remote else str(tmp_path / "mirror")
    bench = PubmedBench(tmp_path, "", mirror=place, mirror_records="all")
    summary = bench.run()
    assert summary.unchanged == 0
    assert (summary.failed, summary.deleted, bench.stored()) == ([], 2, final(set(range(1, 42))))
    mirror.asked.clear()
    again = bench.run()
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)
    assert not any(path.endswith((".gz", ".md5")) for path in mirror.asked)


def test_killed_at_any_point_it_ends_with_the_same_store(tmp_path: Path, board: Switchboard) -> None:
    def make(folder: Path) -> PubmedBench:
        return PubmedBench(folder, "", mirror=f"{board.url}/pubmed/", mirror_records="all")

    make(tmp_path / "whole").run()
    needed, rng = board.requests, random.Random(4)
    for point in range(30):
        board.clear()
        bench = make(tmp_path / str(point))
        at = run_and_kill(bench.run, board, needed, rng)
        bench.run()
        assert bench.stored() == final(set(range(1, 42))), (point, at)


def test_only_wanted_records_are_kept_and_later_wishes_are_met(
    tmp_path: Path, mirror: FakeMirror, board: Switchboard
) -> None:
    bench = PubmedBench(tmp_path, "", mirror=f"{board.url}/pubmed", ids=[2, 5, 41, NEW[3].doi or "", 777])
    summary = bench.run()
    assert bench.stored() == final({2, 5, 41, NEW[3].pmid})
    assert {failure.key for failure in summary.withheld} == {"PMID:2", "PMID:777"}
    mirror.asked.clear()
    bench.settings["ids"] = [*bench.settings["ids"], 7]
    bench.run()
    assert bench.stored() == final({2, 5, 7, 41, NEW[3].pmid})
    assert ONE in mirror.asked
    assert TWO not in mirror.asked  # its PMIDs begin at 31


def test_file_with_a_wrong_checksum_stops_there_and_is_read_when_mended(
    tmp_path: Path, mirror: FakeMirror, board: Switchboard
) -> None:
    mirror.checksums[TWO] = "0" * 32
    bench = PubmedBench(tmp_path, "", mirror=f"{board.url}/pubmed/", mirror_records="all")
    summary = bench.run()
    (failure,) = summary.failed
    assert failure.key == "pubmed26n0002.xml.gz"
    assert "and 00000000000000000000000000000000 is announced" in failure.reason
    assert "1 files after pubmed26n0002.xml.gz wait for it" in summary.notes
    assert bench.stored() == truth(OLD)
    mirror.checksums.clear()
    assert bench.run().is_complete
    assert bench.stored() == final(set(range(1, 42)))


@pytest.mark.parametrize("fault", [fault for fault in Fault if "DRIP" not in fault.name])
def test_each_fault_of_a_server_is_overcome_or_named(
    tmp_path: Path, board: Switchboard, fault: Fault
) -> None:
    core = {"max_bytes": 2 * 2**20, "backoff_s": 0.1}
    bench = PubmedBench(tmp_path, "", core=core, mirror=f"{board.url}/pubmed/", mirror_records="all")
    board.switch(fault, match="0002.xml.gz")
    summary = bench.run()
    assert bench.stored() == (final(set(range(1, 42))) if summary.is_complete else truth(OLD))
    board.clear()
    assert bench.run().is_complete
    assert bench.stored() == final(set(range(1, 42)))


@pytest.mark.parametrize("damage", ["cut", "flipped", "not gzip", "bomb", "missing"])
def test_damaged_file_in_a_folder_is_named(tmp_path: Path, mirror: FakeMirror, damage: str) -> None:
    folder = tmp_path / "mirror"
    mirror.write(folder)
    whole = (folder / ONE).read_bytes()
    entities = (
        b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "aa">]><PubmedArticleSet><PubmedArticle/></PubmedArticleSet>'
    )
    damaged = {
        "cut": whole[: len(whole) // 2],
        "flipped": whole[:500] + bytes([whole[500] ^ 255]) + whole[501:],
        "not gzip": b"<html>gone</html>",
        "bomb": gzip.compress(entities),
    }
    if damage == "missing":
        (folder / ONE).unlink()
        (folder / ONE).symlink_to(folder / "nowhere")
    else:
        (folder / ONE).write_bytes(damaged[damage])
    (folder / f"{ONE}.md5").unlink()
    bench = PubmedBench(tmp_path, "", mirror=str(folder), mirror_records="all")
    summary = bench.run()
    assert [failure.key for failure in summary.failed] == ["pubmed26n0001.xml.gz"]
    assert bench.stored().items() <= truth(OLD).items()
    (folder / ONE).unlink()
    mirror.write(folder)
    bench.run()
    assert bench.stored() == final(set(range(1, 42)))


def test_record_that_came_since_is_not_replaced_by_an_older_one(tmp_path: Path, mirror: FakeMirror) -> None:
    mirror.write(tmp_path / "mirror")
    bench = PubmedBench(tmp_path, "", mirror=str(tmp_path / "mirror"), mirror_records="all")
    bench.run()
    # The next year's baseline begins anew, here with a record from before its last revision.
    late = replace(OLD[4], revision=9)
    (tmp_path / "mirror" / "baseline" / "pubmed27n0004.xml.gz").write_bytes(mirror_file([late]))
    summary = bench.run()
    assert (summary.changed, bench.stored()[5]) == (0, truth([REVISED])[5])


def test_runs_with_a_limit_come_to_the_end(
    tmp_path: Path, mirror: FakeMirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.write(tmp_path / "mirror")
    monkeypatch.chdir(tmp_path)
    bench = PubmedBench(tmp_path, "", mirror="mirror", mirror_records="all")  # a folder that is not absolute
    sizes = [(bench.run(limit=16), len(bench.stored()))[1] for _ in range(4)]
    assert sizes[:2] == [16, 32]
    assert bench.stored() == final(set(range(1, 42)))


def test_file_that_is_read_again_for_a_wish_brings_nothing_old_back(tmp_path: Path) -> None:
    later = replace(OLD[0], title="Corrected on the day of its revision")
    FakeMirror({ONE: mirror_file(OLD), THREE: mirror_file([later])}).write(tmp_path / "mirror")
    bench = PubmedBench(tmp_path, "", mirror=str(tmp_path / "mirror"), ids=[later.pmid])
    bench.run()
    assert bench.stored() == truth([later])
    bench.settings["ids"] = [later.pmid, OLD[1].pmid]  # the first file has it
    assert bench.run().is_complete
    assert bench.stored() == truth([later, OLD[1]])


def test_less_is_believed_of_a_file_whose_checksum_is_right_or_when_it_is_asked_for(
    tmp_path: Path, mirror: FakeMirror
) -> None:
    long = replace(OLD[0], abstract="A long abstract. " * 300)
    short = long.revise(long.revised + datetime.timedelta(days=3))
    short = replace(short, abstract="Short.")
    folder = tmp_path / "mirror"
    FakeMirror({ONE: mirror_file([long])}).write(folder)
    bench = PubmedBench(tmp_path, "", mirror=str(folder), mirror_records="all")
    bench.run()
    FakeMirror({THREE: mirror_file([short])}).write(folder)
    (folder / f"{THREE}.md5").unlink()
    summary = bench.run()
    assert [failure.key for failure in summary.failed] == [f"PMID:{long.pmid}"]
    assert bench.stored() == truth([long])
    assert bench.run(refresh=True).is_complete
    assert bench.stored() == truth([short])


def test_limit_stops_and_the_next_run_goes_on(tmp_path: Path, mirror: FakeMirror) -> None:
    mirror.write(tmp_path / "mirror")
    bench = PubmedBench(tmp_path, "", mirror=str(tmp_path / "mirror"), mirror_records="all")
    assert bench.run(limit=7).new == 7
    assert bench.run().is_complete
    assert bench.stored() == final(set(range(1, 42)))


def test_mirror_without_files_is_an_error_and_leaves_the_records(tmp_path: Path, mirror: FakeMirror) -> None:
    mirror.write(tmp_path / "mirror")
    bench = PubmedBench(tmp_path, "", mirror=str(tmp_path / "mirror"), mirror_records="all")
    bench.run()
    bench.settings["mirror"] = str(tmp_path / "elsewhere")
    assert "no such folder" in str(bench.run().stale)
    assert bench.stored() == final(set(range(1, 42)))


def test_memory_stays_small_while_a_long_file_is_read() -> None:
    piece = article_set([make_article(pmid, padding=30) for pmid in range(1, 101)])
    head, _, rest = piece.partition("<PubmedArticle>")
    body = "<PubmedArticle>" + rest.removesuffix("</PubmedArticleSet>")

    def compressed() -> Iterator[bytes]:
        yield gzip.compress(head.encode())
        member = gzip.compress(body.encode())
        for _ in range(60):
            yield member
        yield gzip.compress(b"</PubmedArticleSet>")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in _elements(compressed())) == 6_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # of 30 MB decompressed
