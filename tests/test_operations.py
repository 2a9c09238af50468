"""What docs/operations.md tells to run: the script, the units, the workflow, backup, moving."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from kg.build import nightly
from kg.build.nightly import plan_nightly
from kg.config import KgConfig, load_config, sample_dir
from kg.graph.build_dir import Build
from kg.harvest.live.rows import Receipt
from kg.harvest.live.store import RecordStore
from kg.harvest.live.upkeep import verify

REPOSITORY = Path(__file__).parent.parent
OPERATIONS = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
#: Stands in for kg: does what the test wants, and notes how it was called.
STUB = """\
#!/usr/bin/env bash
echo "$*" >> calls
case "$1" in
    nightly) echo '{"message": "hello"}' >&2; sleep "${STUB_SLEEP:-0}"; exit "${STUB_CODE:-0}" ;;
    report)
        echo "the news"
        while [ $# -gt 0 ]; do if [ "$1" = --output ]; then echo "kg_run_exit_code 0" > "$2"; fi; shift; done
        exit "${STUB_REPORT:-0}" ;;
esac
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout with a stub for kg."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(REPOSITORY / "scripts" / "nightly", tmp_path / "scripts" / "nightly")
    stub = tmp_path / ".venv" / "bin" / "kg"
    stub.parent.mkdir(parents=True)
    stub.write_text(STUB, encoding="utf-8")
    stub.chmod(0o755)
    (tmp_path / "kg.toml").write_text("", encoding="utf-8")
    return tmp_path


def run(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NIGHTLY_")}
    return subprocess.run(
        [str(place / "scripts" / "nightly"), *arguments],
        cwd=place,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("script", ["nightly", "run", "test", "bench", "schema", "environment.sh"])
def test_every_script_parses(script: str) -> None:
    done = subprocess.run(["bash", "-n", REPOSITORY / "scripts" / script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("code", ["0", "1", "3", "4", "70"])
def test_the_exit_code_comes_through_and_somebody_is_told_unless_all_is_well(place: Path, code: str) -> None:
    notify = 'cat > told; echo "code $NIGHTLY_EXIT_CODE" >> told'
    done = run(place, "--accept", "two words", STUB_CODE=code, NIGHTLY_NOTIFY=notify)
    assert done.returncode == int(code), done.stderr
    (log,) = (place / "logs").glob("nightly-*.jsonl")
    assert log.read_text(encoding="utf-8") == '{"message": "hello"}\n'
    calls = (place / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[0] == "nightly --config kg.toml --log-format json --accept two words"
    if code == "0":
        assert not (place / "told").exists()
        assert "the news" in done.stdout
    else:
        told = (place / "told").read_text(encoding="utf-8")
        assert told.startswith("neurokg on ")
        assert "the news" in told
        assert told.endswith(f"code {code}\n")


def test_metrics_appear_whole_and_are_left_alone_if_there_are_none(place: Path) -> None:
    folder = place / "metrics"
    folder.mkdir()
    (folder / "kg.prom").write_text("old\n", encoding="utf-8")
    assert run(place, NIGHTLY_METRICS_DIR=str(folder), STUB_REPORT="3").returncode == 0
    assert (folder / "kg.prom").read_text(encoding="utf-8") == "old\n"
    assert run(place, NIGHTLY_METRICS_DIR=str(folder)).returncode == 0
    assert (folder / "kg.prom").read_text(encoding="utf-8") == "kg_run_exit_code 0\n"
    assert (folder / "kg.prom").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("code", ["0", "3", "137"])
def test_metrics_tell_of_a_run_that_came_to_no_report(place: Path, code: str) -> None:
    folder = place / "metrics"
    folder.mkdir()
    (folder / "kg.prom").write_text("kg_run_exit_code 0\n", encoding="utf-8")
    run(place, NIGHTLY_METRICS_DIR=str(folder), STUB_REPORT="3", STUB_CODE=code)
    lines = (folder / "kg-nightly.prom").read_text(encoding="utf-8").splitlines()
    assert f"kg_nightly_exit_code {code}" in lines
    assert sorted(path.name for path in folder.iterdir()) == ["kg-nightly.prom", "kg.prom"]


def test_a_notification_that_fails_changes_no_exit_code(place: Path) -> None:
    done = run(place, STUB_CODE="4", NIGHTLY_NOTIFY="false")
    assert (done.returncode, "NIGHTLY_NOTIFY failed" in done.stderr) == (4, True)


def test_old_logs_go_and_strangers_stay(place: Path) -> None:
    (place / "logs").mkdir()
    for day in range(1, 6):
        (place / "logs" / f"nightly-2020010{day}T000000Z.jsonl").touch()
    (place / "logs" / "mine.txt").touch()
    assert run(place, NIGHTLY_LOG_KEEP="2").returncode == 0
    names = sorted(path.name for path in (place / "logs").iterdir() if path.name != "nightly.lock")
    assert names[:2] == ["mine.txt", "nightly-20200105T000000Z.jsonl"]
    assert len(names) == 3


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock, of util-linux, is not here")
def test_a_second_run_leaves_the_first_alone(place: Path) -> None:
    with subprocess.Popen(
        [str(place / "scripts" / "nightly")],
        cwd=place,
        env={**os.environ, "STUB_SLEEP": "1"},
        stdout=subprocess.PIPE,
    ) as first:
        while not (place / "calls").exists():
            time.sleep(0.02)
        second = run(place)
        assert first.wait() == 0
    assert (second.returncode, "another scripts/nightly is at work" in second.stderr) == (3, True)
    assert run(place).returncode == 0


def test_without_settings_or_kg_it_says_what_is_missing(place: Path) -> None:
    assert "there is no settings file nowhere.toml" in run(place, NIGHTLY_CONFIG="nowhere.toml").stderr
    (place / ".venv" / "bin" / "kg").unlink()
    done = run(place, PATH="/usr/bin:/bin")
    assert (done.returncode, "install neurokg first" in done.stderr) == (3, True)


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    for path in (REPOSITORY / "scripts" / "systemd").iterdir():
        text = path.read_text(encoding="utf-8")
        # The place where the units say that the checkout is.
        (tmp_path / path.name).write_text(text.replace("/srv/neurokg/app", str(REPOSITORY)), encoding="utf-8")
    units = sorted(str(path) for path in tmp_path.iterdir())
    assert [Path(unit).suffix for unit in units] == [".service", ".timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_workflow_is_one_and_pastes_no_input_into_a_script() -> None:
    text = (REPOSITORY / "docs" / "examples" / "nightly.yml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    triggers = found[True]  # YAML 1.1 reads 'on' so; GitHub doesn't
    assert triggers["schedule"] == [{"cron": "17 2 * * *"}]
    assert found["concurrency"]["cancel-in-progress"] is False
    steps = found["jobs"]["nightly"]["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    scripts = [step["run"] for step in steps if "run" in step]
    assert not any("${{" in script for script in scripts)
    assert any("kg nightly" in script for script in scripts)
    for script in scripts:
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("code", "is_kept"), [(0, True), (1, False), (3, False), (4, True)])
def test_the_workflow_keeps_the_graph_of_every_run_that_published(place: Path, code: int, is_kept: bool) -> None:
    found = yaml.safe_load((REPOSITORY / "docs" / "examples" / "nightly.yml").read_text(encoding="utf-8"))
    steps = {step["name"]: step for step in found["jobs"]["nightly"]["steps"] if "name" in step}
    files = {name: str(place / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    done = subprocess.run(
        ["bash", "-e", "-c", steps["Run"]["run"]],
        cwd=place,
        env={"PATH": f"{place / '.venv/bin'}:{os.environ['PATH']}", "ACCEPT": "a b", "STUB_CODE": str(code), **files},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert (place / "calls").read_text().splitlines()[0].endswith("--log-format json --accept a b")
    assert (place / "GITHUB_OUTPUT").read_text() == f"code={code}\n"
    assert "the news" in (place / "GITHUB_STEP_SUMMARY").read_text()
    asked = re.findall(r"steps\.run\.outputs\.code == '(\d+)'", steps["Keep the graph"]["if"])
    assert (str(code) in asked) is is_kept
    assert steps["Keep the graph"]["if"].startswith("always() && ")  # a step that failed ends the others else


def test_the_page_has_every_exit_code_and_setting() -> None:
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", OPERATIONS, re.M)}
    assert {nightly.PUBLISHED, nightly.HELD, nightly.FAILED, nightly.REMAINING, 2, 70} <= rows
    script = (REPOSITORY / "scripts" / "nightly").read_text(encoding="utf-8")
    named = set(re.findall(r"NIGHTLY_[A-Z_]+", OPERATIONS))
    assert named <= set(re.findall(r"NIGHTLY_[A-Z_]+", script))


def test_a_backup_of_the_store_is_whole(tmp_path: Path) -> None:
    store, backup = tmp_path / "store", tmp_path / "backup"
    with RecordStore.open(store) as opened:
        opened.start_run("dandi")
        for number in range(5):
            opened.put("dandi", f"{number:06}", b"{%d}" % number, Receipt(f"https://example.org/{number}"))
        # As the page says, the database first; a harvest that goes on meanwhile does no harm.
        backup.mkdir()
        with (
            sqlite3.connect(store / "store.sqlite") as source,
            sqlite3.connect(backup / "store.sqlite") as target,
        ):
            source.backup(target)
        source.close()
        target.close()
        opened.put("dandi", "000009", b"{9}", Receipt("https://example.org/9"))
        shutil.copytree(
            store, backup, dirs_exist_ok=True, ignore=shutil.ignore_patterns("store.sqlite*", "writer.lock")
        )
    with RecordStore.open(backup, write=False) as restored:
        assert verify(restored) == []
        assert [item.read() for item in restored.current("dandi")] == [b"{%d}" % number for number in range(5)]


def test_another_place_makes_the_same_build(sample_build: Build, sample_config: KgConfig, tmp_path: Path) -> None:
    shutil.copytree(sample_dir(), tmp_path / "moved")
    moved = load_config(tmp_path / "moved" / "kg.toml")
    moved = moved.model_copy(update={"cache_dir": sample_config.cache_dir, "build": sample_config.build})
    (line,) = (line for line in plan_nightly(moved) if line.startswith("build: "))
    assert f"{sample_build.manifest.build_id}, which is there already" in line
