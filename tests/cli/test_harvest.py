"""``kg harvest`` and ``kg store``, before an archive in a thread."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

from kg.cli.main import make_app, run
from tests.cli.conftest import Run
from tests.harvest.live.dandi_server import FakeDandi
from tests.harvest.live.switchboard import Fault, Switchboard

SETTINGS = """
[harvest]
contact = "tests@example.org"
tries = 2
backoff_s = 0.01
[harvest.dandi]
url = "{url}/api"
rate_per_s = 0
"""


class Result(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Call ``kg`` in this process, in an empty folder: a process of its own for each call takes a second."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KG_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "160")
    app = make_app()
    for name in ("harvest", "store"):  # another test may have left an app with its own command alone
        known = {group.name for group in app.registered_groups} | {command.name for command in app.registered_commands}
        if name not in known:
            import_module(f"kg.cli.{name}").register(app)

    def call(*arguments: str) -> Result:
        code = 0
        monkeypatch.setattr(sys, "argv", ["kg", *arguments])
        try:
            run()
        except SystemExit as error:
            code = int(error.code or 0)
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Switchboard]:
    with Switchboard(FakeDandi(4), retry_after_s=0) as made:
        (tmp_path / "kg.toml").write_text(SETTINGS.format(url=made.url), encoding="utf-8")
        yield made


def test_a_harvest_sums_up_on_stdout_and_reports_as_json(
    here: Callable[..., Result], board: Switchboard, tmp_path: Path
) -> None:
    result = here("harvest", "--report", "run.json", "--format", "json")
    assert result.returncode == 0, result.stderr
    (row,) = json.loads(result.stdout)
    assert (row["source"], row["new"], row["failed"], row["state"]) == ("dandi", 6, 0, "current")
    report = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert report["complete"]
    assert "Traceback" not in result.stderr
    listed = here("store", "ls", "--format", "json")
    assert json.loads(listed.stdout)[0]["records"] == 6
    assert "000001/draft" in here("store", "ls", "dandi", "--format", "csv").stdout
    misspelt = here("store", "ls", "dandy")
    assert (misspelt.returncode, "name one of: dandi" in misspelt.stderr) == (3, True)
    assert here("store", "verify").returncode == 0
    path = next((tmp_path / "store" / "objects").glob("??/*"))
    path.write_bytes(b"other bytes")
    damaged = here("store", "verify", "--repair", "--format", "csv")
    assert (damaged.returncode, path.name in damaged.stdout, path.exists()) == (1, True, False)
    assert here("harvest").returncode == 0
    assert path.exists()


def test_what_fails_is_said_and_the_exit_code_is_1(
    here: Callable[..., Result], board: Switchboard, tmp_path: Path
) -> None:
    board.switch(Fault.HTML, times=9, match="/000002/")
    result = here("harvest")
    assert result.returncode == 1
    assert "dandi: 000002/draft: it is an HTML page, not JSON" in result.stderr
    board.clear()
    board.switch(Fault.UNAVAILABLE, times=99)
    result = here("harvest")
    assert result.returncode == 1
    assert "given up" in result.stderr
    assert "5 last good records are kept" in result.stderr


def test_a_credential_is_sent_and_written_nowhere(kg: Run, board: Switchboard, tmp_path: Path) -> None:
    board.switch(Fault.BROKEN, times=3, match="/000002/")
    result = kg("--debug", "harvest", "--report", "run.json", KG_DANDI_TOKEN="t0p-s3cret")
    sent = [seen.request.headers.get("Authorization") for seen in board.seen]
    assert sent[0] == "token t0p-s3cret"
    assert result.returncode == 1
    written = [result.stdout.encode(), result.stderr.encode()]
    for folder, _, names in os.walk(tmp_path):
        written += [(Path(folder) / name).read_bytes() for name in names]
    assert len(written) > 5
    assert not any(b"t0p-s3cret" in text for text in written)


def test_the_plan_needs_no_server_and_no_settings(here: Callable[..., Result], tmp_path: Path) -> None:
    result = here("harvest", "--dry-run", "--format", "jsonl")
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows[0]["step"].startswith("list the dandisets of https://api.dandiarchive.org/api")
    assert "the settings have no [harvest.dandi], [harvest.pubmed]" in result.stderr
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["harvest"], "", "no live source is configured"),
        (["harvest", "zenodo"], "[harvest.dandi]", "sources that can be harvested are: dandi, pubmed, wiki"),
        (["harvest", "pubmed"], "[harvest.dandi]", "add a table [harvest.pubmed]"),
        (["harvest"], "[harvest.dandi]\nurl = 'http://127.0.0.1:1'", "harvest.contact"),
        (["harvest", "--since", "yesterday"], "[harvest.dandi]", "'yesterday' is no date"),
        (["harvest"], "[harvest.dandi]\ntoken = 'x'", "there is no such setting"),
        (["store", "ls"], "", "there is no record store"),
        (["store", "gc"], "", "there is no record store"),
    ],
)
def test_what_can_t_begin_ends_with_3_and_what_to_do(
    here: Callable[..., Result], tmp_path: Path, arguments: list[str], settings: str, said: str
) -> None:
    (tmp_path / "kg.toml").write_text(settings, encoding="utf-8")
    result = here(*arguments)
    assert result.returncode == 3, result.stderr
    assert said in result.stderr
    assert "mend:" in result.stderr
