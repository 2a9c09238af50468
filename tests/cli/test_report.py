"""``kg report --run`` and ``--open``: what the last night came to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg.build.run_report import GateFact, RunFacts, write_run_report
from kg.cli.main import make_app

RUN = "20261101T020000Z-0f3a"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    facts = RunFacts(
        run_id=RUN,
        started_at="2026-11-01T02:00:00+00:00",
        finished_at="2026-11-01T02:03:20+00:00",
        outcome="held",
        exit_code=1,
        gates=(GateFact(name="drop of sources", passed=False, detail="wiki 343 → 0"),),
        scores={"mentions": 0.97},
    )
    write_run_report(tmp_path / "builds", facts)
    path = tmp_path / "kg.toml"
    path.write_text('[build]\nout = "builds"\n', encoding="utf-8")
    return path


def report(settings: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(make_app(), ["report", "-c", str(settings), *arguments])
    return (
        result.exit_code,
        result.output if result.exception is None else f"{result.output}{result.exception}",
    )


@pytest.mark.parametrize("name", ["latest", RUN])
def test_a_run_is_told_in_a_few_lines(settings: Path, name: str) -> None:
    code, said = report(settings, "--run", name)
    assert code == 0
    assert said.startswith("A gate failed: readers still see the graph before")
    assert "drop of sources: wiki 343 → 0" in said
    assert "scores mentions 0.970" in said
    assert f"{RUN}/report.html" in said


def test_a_run_is_written_as_json_and_as_a_page(settings: Path, tmp_path: Path) -> None:
    assert json.loads(report(settings, "--run", "latest", "-f", "json")[1])["run"]["run_id"] == RUN
    assert "kg_run_exit_code 1" in report(settings, "--run", "latest", "-f", "prom")[1]
    assert report(settings, "--run", "latest", "-o", str(tmp_path / "x.html"))[0] == 0
    assert (tmp_path / "x.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_page_of_the_latest_run_is_opened(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert report(settings, "--open")[0] == 0
    assert opened == [(settings.parent / "builds" / "runs" / RUN / "report.html").as_uri()]


@pytest.mark.parametrize("name", ["20000101T000000Z-0000", "../runs", ".."])
def test_a_run_that_is_not_there_says_how_to_make_one(settings: Path, name: str) -> None:
    code, said = report(settings, "--run", name)
    assert code == 1  # the command line's own main turns it into 3
    assert "there is no report of such a run" in said
    assert "kg nightly" in said


def test_a_run_and_a_build_are_not_named_together(settings: Path) -> None:
    assert report(settings, "--run", "latest", "--build", "x")[0] == 2
    assert report(settings, "--run", "latest", "-f", "csv")[0] == 2
