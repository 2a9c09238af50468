"""Measures linting and updating 17,000 wiki pages, and writes a section of docs/benchmarks.md; see scripts/bench.

usage: bench_wiki.py wiki [--pages N] [--keep FOLDER] [--no-write]
The pages have the shapes of the sample's and, where the corpora are there (KG_SHARED_DIR, else ../shared), of the real
ones; sentences, labels, links and references are drawn anew for each, so that no two are alike. A graph is built of
them first, in which each is a subject of its own. Every measured run is `kg wiki …` in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent))

from bench_page import write_section  # noqa: E402

SHARED = Path(os.environ.get("KG_SHARED_DIR", REPOSITORY.parent / "shared")) / "data"
SEED = 8

SETTINGS = """
cache_dir = "{cache}"
[sources.dandi]
path = {dandi}
[sources.pubmed]
path = {pubmed}
[sources.wiki]
path = "{wiki}"
[build]
out = "{out}"
"""


class Run(NamedTuple):
    """What one command cost."""

    what: str
    wall_s: float
    cpu_s: float
    peak_mb: float
    said: str


def make_pages(folder: Path, count: int) -> None:
    """Write pages of the shapes that there are."""
    dice = random.Random(SEED)  # noqa: S311 - the same pages each time
    templates = [path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "data" / "wiki").rglob("*.md"))]
    real = sorted((SHARED / "wiki" / "wikipathways").glob("*.md")) if SHARED.is_dir() else []
    shapes = [(text, False) for text in templates] + [(path.read_text(encoding="utf-8"), True) for path in real[:25]]
    sentences = sorted({said for text, _ in shapes for said in _sentences(text)})
    labels = sorted({label for text, _ in shapes for label in re.findall(r"\[([A-Z][^\[\]()|@\n]{3,40})\]", text)})
    slugs = [f"{dice.choice(_TYPES)}/{_word(dice)}-{number}" for number in range(count)]
    for number, slug in enumerate(slugs):
        text, is_real = shapes[number % len(shapes)]
        page = _remake(text, number, slug, dice, sentences, labels, slugs, is_real=is_real)
        path = folder / f"{slug}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8", newline="\r\n" if number % 10 == 0 else "\n")


_TYPES = (
    "genes",
    "proteins",
    "diseases",
    "mechanisms",
    "brain-regions",
    "cell-types",
    "therapeutics",
    "companies",
    "datasets",
)


def _word(dice: random.Random) -> str:
    return "".join(dice.choice("bdfgklmnprst") + dice.choice("aeiou") for _ in range(3))


def _sentences(text: str) -> list[str]:
    body = re.sub(r"^---\n.*?\n---\n", "", text, flags=re.DOTALL) or text
    if body.strip() == "":
        body = " ".join(re.findall(r"^description: '?(.*?)'?\n\w", text, re.DOTALL | re.MULTILINE))
    plain = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    lines = [line for line in plain.splitlines() if len(line) > 80 and not line.startswith(("|", "#", "-", "<"))]
    return [said for line in lines for said in re.split(r"(?<=[.\]]) (?=[A-Z])", line) if 40 < len(said) < 400]


def _remake(
    text: str,
    number: int,
    slug: str,
    dice: random.Random,
    sentences: list[str],
    labels: list[str],
    slugs: list[str],
    *,
    is_real: bool,
) -> str:
    """Fill a page's shape with other contents: as many paragraphs, diagrams and links as it has."""
    title = slug.partition("/")[2].replace("-", " ").title()
    text = re.sub(r"^slug: .*$", f"slug: {slug}", text, flags=re.MULTILINE)
    text = re.sub(r"^(title|wpid): .*$", f"title: {title}", text, flags=re.MULTILINE)
    text = re.sub(r"^(# ).*$", rf"\g<1>{title}", text, count=1, flags=re.MULTILINE)
    if is_real:
        said = " ".join(dice.sample(sentences, 4))
        return f"{text}\n# {title}\n\n## Description\n\n{said}\n\nSee [{title}](/{dice.choice(slugs)}).\n"

    def label(match: re.Match[str]) -> str:
        return f"{match[1]}[{dice.choice(labels)}]"

    lines = []
    in_diagram = False
    for line in text.splitlines():
        in_diagram = line.startswith("```mermaid") or (in_diagram and not line.startswith("```"))
        if in_diagram:
            line = re.sub(r"(\b\w+)\[[^\[\]]+\]", label, line)
        elif len(line) > 80 and not line.startswith(("|", " ", "-", "<")):
            kept = [said for said in re.split(r"(?<=[.\]]) (?=[A-Z])", line) if dice.random() < 0.5]
            line = " ".join([*kept, *dice.sample(sentences, max(1, len(line) // 200)), f"So it is in {title}."])
            if dice.random() < 0.4:
                line += f" See [{title} {number}](/{dice.choice(slugs)})."
        lines.append(line)
    return "\n".join(lines) + "\n"


def measure(count: int, keep: Path | None) -> tuple[list[Run], dict[str, int]]:
    """Make pages and a graph, and lint and update them twice."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        wiki, settings = folder / "wiki", folder / "kg.toml"
        make_pages(wiki, count)
        has_shared = SHARED.is_dir()
        dandi = [str(SHARED / "dandi" / "dandisets")] if has_shared else [str(REPOSITORY / "data" / "dandi")]
        pubmed = [str(SHARED / "pubmed" / "*.xml.gz")] if has_shared else [str(REPOSITORY / "data" / "pubmed")]
        # Compiled vocabularies are taken from where they are; what is known of pages and diagrams is not.
        cache = folder / "cache"
        settings.write_text(
            SETTINGS.format(
                cache=cache, dandi=json.dumps(dandi), pubmed=json.dumps(pubmed), wiki=wiki, out=folder / "builds"
            ),
            encoding="utf-8",
        )
        say("building the graph of these pages …")
        graph = run("build", ["build", "--config", str(settings), "--no-project"], must=(0,))
        say(f"  {graph.wall_s:.0f} s: {graph.said}")
        nodes = pl.read_parquet(folder / "builds" / "current" / "nodes.parquet")
        facts = {
            "pages": count,
            "bytes": sum(path.stat().st_size for path in wiki.rglob("*.md")),
            "diagrams": sum("```mermaid" in path.read_text(encoding="utf-8") for path in wiki.rglob("*.md")),
            "nodes": nodes.height,
        }
        runs = []
        common = [str(wiki), "--config", str(settings)]
        lint = ["wiki", "lint", *common, "--format", "json", "-o", str(folder / "findings.json")]
        for again in ("", ", again"):
            runs.append(run(f"`kg wiki lint`{again}", lint, must=(0, 1)))
            runs.append(run(f"`kg wiki update`{again}", ["wiki", "update", *common], must=(0,)))
        return runs, facts


def run(what: str, arguments: list[str], *, must: tuple[int, ...]) -> Run:
    """Run a command, and measure it with all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    command = [sys.executable, "-c", "from kg.cli import run; run()", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    _, errors = process.communicate()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in must:
        raise SystemExit(f"{what} ended with {process.returncode}:\n{errors}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    done = Run(
        what, time.perf_counter() - began, cpu, peak[0], errors.strip().splitlines()[-1].rpartition("refleaks.html")[2]
    )
    say(f"{done.what}: {done.wall_s:.1f} s, processor {done.cpu_s:.1f} s, {done.peak_mb:.0f} MB: {done.said}")
    return done


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    """Add up the memory of a process and its children, what they share counted once."""
    while process.poll() is None:
        total = 0
        for pid in _family(process.pid):
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
            except OSError:
                continue  # it has just ended
            total += sum(int(found) for found in re.findall(r"^Pss:\s+(\d+)", rollup, re.MULTILINE))
        peak[0] = max(peak[0], total / 1024)
        time.sleep(0.5)


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in tasks.read_text(encoding="utf-8").split()]
            except OSError:
                continue  # it has just ended
    return found


def render(runs: list[Run], facts: dict[str, int]) -> str:
    """Write the section."""
    today = datetime.now(UTC).date().isoformat()
    first, last = runs[:2], runs[-2:]
    processor = sum(each.cpu_s for each in first)
    rows = "".join(
        f"| {each.what} | {each.wall_s:.0f} s | {each.cpu_s:.0f} s | {each.peak_mb:.0f} MB | {each.said} |\n"
        for each in runs
    )
    return f"""## Wiki pages

`scripts/bench wiki` measures it: {facts["pages"]:,} pages ({facts["bytes"] / 1e6:.0f} MB, {facts["diagrams"]:,} of
them with a Mermaid diagram of their own), made of the shapes of the sample's and of real pages, no two alike, one in
ten with CRLF; and the build that was made of them ({facts["nodes"]:,} nodes), in which each page is a subject of its
own. Measured {today} on {os.cpu_count()} cores. Memory is the most that all processes had together, what they share
counted once. The first runs begin with no cache but the compiled vocabularies; the second lint is of pages that the
update has changed.

| | time | processor | memory | |
|---|---|---|---|---|
{rows}
Linted and updated in {sum(each.wall_s for each in first):.0f} s (processor {processor:.0f} s; target 180 s on two cores
and 1,000 MB); again, with nothing changed, in {sum(each.wall_s for each in last):.0f} s (target 20 s).
"""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("wiki",))
    parser.add_argument("--pages", type=int, default=17_000)
    parser.add_argument("--keep", type=Path, help="work here, and leave everything there")
    parser.add_argument("--no-write", action="store_true")
    chosen = parser.parse_args()
    section = render(*measure(chosen.pages, chosen.keep))
    print(section)
    if not chosen.no_write:
        write_section("wiki", section)


if __name__ == "__main__":
    main()
