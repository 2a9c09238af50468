"""Kills builds at random moments, as kill -9 does; see scripts/bench.

usage: bench_crash.py crash [--kills N]
After every kill: what readers see is whole. At the end: the build is the one that an undisturbed run makes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY), str(Path(__file__).parent)]

from bench_nightly import ENDINGS, Words, write_corpus, write_record  # noqa: E402

from kg.config import load_config, sample_dir  # noqa: E402
from kg.graph.build_dir import Build  # noqa: E402
from kg.graph.publications import current_path  # noqa: E402


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Begin a nightly run, in a group of its own so that its workers can be counted."""
    environment = {name: value for name, value in os.environ.items() if name != "KG_CACHE_DIR"}
    command = [
        sys.executable,
        "-c",
        "from kg.cli.main import run; run()",
        "nightly",
        "--config",
        str(folder / "kg.toml"),
    ]
    log = (folder / "log").open("ab")
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log, start_new_session=True)


def finish(folder: Path) -> float:
    """Run to the end; give the seconds."""
    started = time.perf_counter()
    code = start(folder).wait()
    if code not in (0, 1):
        raise SystemExit((folder / "log").read_text(encoding="utf-8"))
    return time.perf_counter() - started


def configure(folder: Path, records: Path) -> None:
    """Write settings over records, with a cache that has the vocabularies alone."""
    cache = folder / "cache"
    cache.mkdir(parents=True)
    for shared in load_config(sample_dir() / "kg.toml").cache_dir.iterdir():
        if shared.name == "vocabulary" or shared.name.startswith("lexicon"):
            (cache / shared.name).symlink_to(shared)
    sources = "".join(f'[sources.{kind}]\npath = "{records / kind}"\n' for kind in ENDINGS)
    (folder / "kg.toml").write_text(
        f'cache_dir = "cache"\n{sources}[build]\nout = "builds"\nprocesses = 2\n[gates]\ndrop = 1.0\n', encoding="utf-8"
    )


def measure(kills: int) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix="bench-crash-"))
    words = Words(load_config(sample_dir() / "kg.toml"))
    files = write_corpus(folder / "in", (5, 40, 20), words)
    configure(folder / "one", folder / "in")
    seconds = finish(folder / "one")
    out = folder / "one" / "builds"
    generator = random.Random(1)  # noqa: S311 - no secret
    ended = 0
    for number in range(kills):
        for path in generator.sample(files, 3):
            write_record(path, words, 40, str(number))
        process = start(folder / "one")
        try:
            process.wait(generator.uniform(0, seconds))
            ended += 1
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        seen = current_path(out)
        if seen is None:
            raise SystemExit(f"kill {number}: readers see nothing")
        Build.open(seen)
        for path in out.iterdir():
            if not path.name.startswith(".") and (path / "manifest.json").exists():
                Build.open(path.resolve())
        print(f"kill {number + 1} of {kills}: whole", file=sys.stderr)
    finish(folder / "one")
    configure(folder / "two", folder / "in")
    finish(folder / "two")
    found = [current_path(folder / name / "builds") for name in ("one", "two")]
    contents = [{p.name: p.read_bytes() for p in path.iterdir()} for path in found if path is not None]
    return {
        "kills": kills - ended,
        "ended before they were killed": ended,
        "seconds of an undisturbed run": round(seconds, 1),
        "same build as undisturbed": contents[0] == contents[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_crash.py")
    parser.add_argument("what", choices=["crash"])
    parser.add_argument("--kills", type=int, default=100)
    json.dump(measure(parser.parse_args().kills), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
