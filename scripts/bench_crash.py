"""Kills builds at random moments, as kill -9 does; see scripts/bench.

usage: bench_crash.py crash [--kills N] [--at-once N]
A kill falls anywhere between the moment at which a run has a record and its end, after records were edited.
After every kill: what readers see is whole, and every build beside it. At the end: the build is the one that an
undisturbed run makes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY), str(Path(__file__).parent)]

from bench_nightly import ENDINGS, Words, write_corpus, write_record  # noqa: E402

from kg.build.run_record import read_record, run_folders  # noqa: E402
from kg.config import load_config, sample_dir  # noqa: E402
from kg.graph.build_dir import Build  # noqa: E402
from kg.graph.publications import current_path  # noqa: E402


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Begin a nightly run, in a group of its own so that its workers can be counted."""
    environment = {name: value for name, value in os.environ.items() if name != "KG_CACHE_DIR"}
    command = [
        sys.executable,
        "-c",
        "from kg.cli import run; run()",
        "nightly",
        "--config",
        str(folder / "kg.toml"),
        *arguments,
    ]
    log = (folder / "log").open("ab")
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log, start_new_session=True)


def finish(folder: Path) -> float:
    """Run to the end, whatever the gates say of made up texts; give the seconds."""
    began = time.perf_counter()
    if start(folder, "--accept", "a bench").wait() != 0:
        raise SystemExit((folder / "log").read_text(encoding="utf-8"))
    return time.perf_counter() - began


def wait_for_record(process: subprocess.Popen[bytes], out: Path, known: set[str]) -> Path:
    """Wait until a run that was started has a record; give its folder."""
    while process.poll() is None:
        new = [path for path in run_folders(out) if path.name not in known and (path / "run.json").is_file()]
        if new:
            return new[0]
        time.sleep(0.01)
    raise SystemExit(f"a run ended without a record: {(out.parent / 'log').read_text(encoding='utf-8')}")


def configure(folder: Path, records: Path, processes: int) -> None:
    """Write settings over records, with a cache that has the vocabularies alone."""
    cache = folder / "cache"
    cache.mkdir(parents=True)
    for shared in load_config(sample_dir() / "kg.toml").cache_dir.iterdir():
        if shared.name == "vocabulary" or shared.name.startswith("lexicon"):
            (cache / shared.name).symlink_to(shared)
    sources = "".join(f'[sources.{kind}]\npath = "{records / kind}"\n' for kind in ENDINGS)
    (folder / "kg.toml").write_text(
        f'cache_dir = "cache"\n{sources}[build]\nout = "builds"\nprocesses = {processes}\n[gates]\ndrop = 1.0\n',
        encoding="utf-8",
    )


def measure(kills: int, words: Words, seed: int) -> dict[str, object]:
    """Kill runs over records of their own until so many were killed; then compare with an undisturbed one."""
    folder = Path(tempfile.mkdtemp(prefix="bench-crash-"))
    files = write_corpus(folder / "in", (5, 40, 20), words)
    one = folder / "one"
    processes = 1 + seed % 2  # in the one, links and claims are made by workers, in the other by the run itself
    configure(one, folder / "in", processes)
    finish(one)
    out = one / "builds"
    generator = random.Random(seed)  # noqa: S311 - no secret

    def edit(salt: str) -> None:
        for path in generator.sample(files, 3):
            write_record(path, words, 40, salt)

    edit("first")
    seconds = finish(one)
    killed = ended = 0
    after: Counter[str] = Counter()
    while killed < kills:
        edit(str(killed + ended))
        known = {path.name for path in run_folders(out)}
        process = start(one)
        run = wait_for_record(process, out, known)
        began = time.perf_counter()
        moment = generator.uniform(0, 1.1 * seconds)
        try:
            process.wait(moment)
            ended += 1
            seconds = time.perf_counter() - began
        except subprocess.TimeoutExpired:
            seconds = max(seconds, moment)  # the machine has more to do by now
            process.kill()
            if process.wait() == -signal.SIGKILL:
                killed += 1
                record = read_record(run)
                after[record.steps[-1].name if record and record.steps else "the start"] += 1
        check(out, f"kill {killed}")
        workers_are_gone(process.pid)
        print(f"{seed}: {killed} of {kills} killed, {ended} ended before; all is whole", file=sys.stderr)
    finish(one)
    configure(folder / "two", folder / "in", processes)
    finish(folder / "two")
    found = [current_path(folder / name / "builds") for name in ("one", "two")]
    contents = [{p.name: p.read_bytes() for p in path.iterdir()} for path in found if path is not None]
    left = [path.name for path in out.iterdir() if path.name.startswith(".")]
    if contents[0] == contents[1] and not left:
        shutil.rmtree(folder)
    else:
        print(f"kept for a look: {folder}", file=sys.stderr)
    return {
        "kills": killed,
        "worker processes": processes,
        "by the last step that was done": dict(after),
        "ended before they were killed": ended,
        "same build as undisturbed": contents[0] == contents[1],
        "left over": left,
    }


def check(out: Path, when: str) -> None:
    """See that what readers see is whole, and that every build is."""
    seen = current_path(out)
    if seen is None:
        raise SystemExit(f"{when}: readers see nothing")
    Build.open(seen)
    for path in out.iterdir():
        if not path.name.startswith(".") and (path / "manifest.json").exists():
            Build.open(path.resolve())


def workers_are_gone(group: int) -> None:
    """Wait until nothing of a run that was killed is there any more."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise SystemExit("a worker outlives the run that was killed")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_crash.py")
    parser.add_argument("what", choices=["crash"])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="Runs side by side, each over its own")
    options = parser.parse_args()
    started = time.perf_counter()
    words = Words(load_config(sample_dir() / "kg.toml"))
    shares = [len(range(n, options.kills, options.at_once)) for n in range(options.at_once)]
    with ThreadPoolExecutor(options.at_once) as threads:
        found = list(threads.map(measure, shares, [words] * len(shares), range(len(shares))))
    json.dump({"seconds": round(time.perf_counter() - started), "runs": found}, sys.stdout, indent=2)
    if not all(one["same build as undisturbed"] and not one["left over"] for one in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
