"""Measures builds at the size of the whole wiki and its sources; writes a section of docs/benchmarks.md.

usage: bench_nightly.py nightly [--datasets N] [--articles N] [--pages N] [--folder DIR] [--no-write]
Texts are made up: sentences around surfaces of the vocabularies, in the number and length of real records.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY), str(Path(__file__).parent)]

from bench_page import write_section  # noqa: E402

from kg.config import KgConfig, load_config, sample_dir  # noqa: E402
from kg.model import Category, Scope  # noqa: E402
from kg.ontology import load_vocabulary  # noqa: E402

#: Sentences about two things, and sentences about one; what real abstracts say, in other words.
PAIRS = (
    "{a} contributes to {b} in a subset of patients.",
    "{a} may precede {b}, although the evidence is limited.",
    "We found no sign that {a} leads to {b}.",
    "In {s}, {a} was associated with {b} after twelve weeks.",
    "Loss of {a} was accompanied by {b} in the {r}.",
)
SINGLES = (
    "Recordings were made in the {r} of awake {s}.",
    "The role of the {r} in this task is not well understood.",
    "{c} were identified by their waveform and their response to light.",
    "Patients with {b} were compared with age-matched controls.",
    "Data were analysed with a linear mixed model and corrected for multiple comparisons.",
    "These results are in line with earlier reports and point to open questions.",
    "A total of 48 animals took part, of which half received the vehicle alone.",
    "Further work will have to show whether the effect holds over longer times.",
)


class Words:
    """Surfaces of the vocabularies by category, the same for the same vocabularies."""

    def __init__(self, config: KgConfig) -> None:
        wanted = {
            Category.REGION: "r",
            Category.CELL_TYPE: "c",
            Category.DISEASE: "b",
            Category.MECHANISM: "a",
            Category.SPECIES: "s",
        }
        self.of: dict[str, list[str]] = {letter: [] for letter in wanted.values()}
        for term in load_vocabulary(config):
            letter = wanted.get(term.category)
            names = [s.text for s in term.synonyms if s.scope is Scope.EXACT][:1]
            if letter and len(term.label) < 50:
                self.of[letter] += [term.label, *names]

    def sentence(self, generator: random.Random) -> str:
        pattern = generator.choice(PAIRS if generator.random() < 0.25 else SINGLES)
        # A few terms are in most texts, most in a few.
        return pattern.format(
            **{k: v[min(int(generator.paretovariate(0.6)) - 1, len(v) - 1)] for k, v in self.of.items()}
        )

    def text(self, generator: random.Random, characters: int) -> str:
        sentences: list[str] = []
        while sum(map(len, sentences)) < characters:
            sentences.append(self.sentence(generator))
        return " ".join(sentences)


def article(number: int, words: Words, salt: str) -> str:
    """Write one PubMed record."""
    generator = random.Random(f"article {number} {salt}")  # noqa: S311 - no secret
    names = [f"Author{generator.randrange(40_000)}" for _ in range(generator.randint(2, 9))]
    authors = "".join(
        f"<Author><LastName>{name}</LastName><ForeName>A</ForeName>"
        + (
            f'<Identifier Source="ORCID">0000-0002-{i // 10000:04}-{i % 10000:04}</Identifier>'
            if (i := hash_of(name)) % 4 == 0
            else ""
        )
        + "</Author>"
        for name in names
    )
    references = "".join(
        f'<Reference><ArticleIdList><ArticleId IdType="pubmed">{generator.randrange(10**6, 4 * 10**6)}</ArticleId>'
        "</ArticleIdList></Reference>"
        for _ in range(generator.randint(0, 40))
    )
    mesh = "".join(
        f'<MeshHeading><DescriptorName UI="D{generator.randrange(10**5):06}" MajorTopicYN="Y">'
        f"{words.of['b'][generator.randrange(200)]}</DescriptorName></MeshHeading>"
        for _ in range(generator.randint(0, 6))
    )
    return (
        f"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>{number}</PMID><Article>"
        f"<Journal><Title>Journal {number % 90}</Title></Journal>"
        f"<ArticleTitle>{words.sentence(generator)}</ArticleTitle>"
        f"<Abstract><AbstractText>{words.text(generator, generator.randint(700, 2200))}</AbstractText></Abstract>"
        f"<AuthorList>{authors}</AuthorList><PublicationTypeList><PublicationType>Journal Article</PublicationType>"
        f"</PublicationTypeList></Article><MeshHeadingList>{mesh}</MeshHeadingList></MedlineCitation><PubmedData>"
        f'<ArticleIdList><ArticleId IdType="doi">10.1000/j.{number}</ArticleId></ArticleIdList>'
        f"<ReferenceList>{references}</ReferenceList></PubmedData></PubmedArticle></PubmedArticleSet>"
    )


def hash_of(name: str) -> int:
    return int.from_bytes(name.encode()[-5:]) % 10**8


def page(number: int, words: Words, salt: str, articles: int) -> str:
    """Write one wiki page with citations, links and a table."""
    generator = random.Random(f"page {number} {salt}")  # noqa: S311 - no secret
    cited = [10**6 + generator.randrange(articles) for _ in range(generator.randint(2, 12))]
    parts = [f"# {words.of['abrc'[number % 4]][number % 997 % len(words.of['abrc'[number % 4]])]} {number}\n"]
    for heading in ("Overview", "Mechanisms", "Evidence")[: generator.randint(1, 3)]:
        parts.append(f"## {heading}\n")
        for _ in range(generator.randint(1, 3)):
            mark = generator.randrange(len(cited)) + 1
            link = generator.randrange(17_000)
            body = words.text(generator, generator.randint(150, 500))
            parts.append(f"{body}[^{mark}] See [page](/mechanisms/p{link}).\n")
    parts.append(
        "| region | finding |\n|---|---|\n"
        + "".join(f"| {words.of['r'][generator.randrange(300)]} | up |\n" for _ in range(4))
    )
    parts += [f"[^{n}]: Author et al. A title. PMID: {pmid}" for n, pmid in enumerate(cited, start=1)]
    return "\n".join(parts) + "\n"


def dataset(number: int, words: Words, salt: str, articles: int) -> str:
    """Write one dandiset."""
    generator = random.Random(f"dataset {number} {salt}")  # noqa: S311 - no secret
    return json.dumps(
        {
            "identifier": f"DANDI:{number:06}",
            "name": f"{words.sentence(generator)} ({number})",
            "description": words.text(generator, generator.randint(300, 1500)),
            "schemaVersion": "0.6.4",
            "version": "draft",
            "keywords": [words.of["r"][generator.randrange(200)], "electrophysiology"],
            "license": ["spdx:CC-BY-4.0"],
            "contributor": [{"schemaKey": "Person", "name": f"Name, {generator.randrange(3000)}"}],
            "relatedResource": [
                {
                    "identifier": f"doi:10.1000/j.{10**6 + generator.randrange(articles)}",
                    "relation": "dcite:IsDescribedBy",
                    "name": "A paper",
                    "resourceType": "dcite:JournalArticle",
                }
            ],
        }
    )


def write_corpus(folder: Path, counts: Sequence[int], words: Words) -> list[Path]:
    """Write a file a record, as the record store has them; give their paths."""
    datasets, articles, pages = counts
    files: list[Path] = []
    for kind, count in (("dandi", datasets), ("pubmed", articles), ("wiki", pages)):
        for number in range(count):
            path = folder / kind / f"{number // 1000:03}" / f"p{number}.{ENDINGS[kind]}"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_record(path, words, articles, "")
            files.append(path)
    return files


ENDINGS = {"dandi": "json", "pubmed": "xml", "wiki": "md"}


def write_record(path: Path, words: Words, articles: int, salt: str) -> None:
    number = int(path.stem[1:])
    kind = path.parent.parent.name
    text = {
        "dandi": lambda: dataset(number + 1, words, salt, articles),
        "pubmed": lambda: article(10**6 + number, words, salt),
        "wiki": lambda: page(number, words, salt, articles),
    }[kind]()
    path.write_text(text, encoding="utf-8")


class Peak(threading.Thread):
    """The most memory that a process and those below it hold at once; what they share counts once."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.bytes, self.done = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.3):
            self.bytes = max(self.bytes, sum(map(share_of, family(self.pid))))


def family(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def share_of(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


def run_kg(config: Path, *arguments: str) -> dict[str, object]:
    """Run a command in a process of its own; give seconds, peak memory, exit code and what it said."""
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "from kg.cli import run; run()", *arguments, "--config", str(config)]
    # The settings file says where the cache is; a cache in the environment would go before it.
    environment = {name: value for name, value in os.environ.items() if name != "KG_CACHE_DIR"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=environment
    )
    peak = Peak(process.pid)
    peak.start()
    answer, said = process.communicate()
    peak.done.set()
    peak.join()
    # 1 is an answer: a gate holds the build back, two builds differ.
    if process.returncode not in (0, 1):
        raise SystemExit(said)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = said.splitlines()
    gates = [line.removeprefix("gate").strip() for line in lines if line.startswith("gate ")]
    steps = next((line.removeprefix("time   ") for line in lines if line.startswith("time ")), "")
    return {
        "seconds": round(time.perf_counter() - started, 1),
        # Of all processes: what the wall clock would say on idle cores, times their number.
        "cpu_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "peak_gb": round(peak.bytes / 1e9, 2),
        "steps": steps or (answer.splitlines()[0] if arguments[0] == "diff" else "it was there already"),
        "held": "; ".join(gates) if process.returncode and arguments[0] == "build" else "",
    }


def measure(options: argparse.Namespace) -> list[dict[str, object]]:
    folder = Path(options.folder or tempfile.mkdtemp(prefix="bench-nightly-"))
    sample = load_config(sample_dir() / "kg.toml")
    words = Words(sample)
    counts = (options.datasets, options.articles, options.pages)
    started = time.perf_counter()
    shutil.rmtree(folder / "in", ignore_errors=True)
    files = write_corpus(folder / "in", counts, words)
    print(f"{len(files):,} records written in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    cache = folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    for shared in sample.cache_dir.iterdir():  # compiled vocabularies; not what is kept of records
        if shared.name == "vocabulary" or shared.name.startswith("lexicon"):
            (cache / shared.name).symlink_to(shared)
    config = folder / "kg.toml"
    sources = "".join(f'[sources.{kind}]\npath = "in/{kind}"\n' for kind in ENDINGS)
    settings = f'[build]\nout = "builds"\nkeep = 2\nprocesses = {options.processes}\n'
    config.write_text(f'cache_dir = "cache"\n{sources}{settings}', encoding="utf-8")
    rows: list[dict[str, object]] = []

    def row(what: str, *arguments: str) -> None:
        rows.append({"what": what, **run_kg(config, *arguments)})
        print(json.dumps(rows[-1]), file=sys.stderr)

    build = ("build", "--no-project")
    row("full build, nothing kept", *build)
    time.sleep(2.5)  # what is younger than two seconds is hashed again
    row("nothing changed", *build)
    row("nothing changed, assembled again", *build, "--force")
    generator = random.Random(1)  # noqa: S311 - no secret
    for path in generator.sample(files, max(1, len(files) // 100)):
        write_record(path, words, options.articles, "changed")
    before = (folder / "builds" / "current").resolve()
    row("1 % of the records changed", *build)
    made = {path for path in (folder / "builds").iterdir() if (path / "manifest.json").is_file()}
    (after,) = made - {before, folder / "builds" / "current"}
    row("`kg diff` of these two builds", "diff", str(before), str(after), "--summary")
    size = sum(path.stat().st_size for path in cache.joinpath("records").rglob("*") if path.is_file())
    print(f"cache of records: {size / 1e6:.0f} MB", file=sys.stderr)
    if not options.folder:
        shutil.rmtree(folder)
    return rows


def render(rows: Sequence[dict[str, object]], counts: Sequence[int]) -> str:
    """Write the section of docs/benchmarks.md."""
    today = datetime.now(UTC).date().isoformat()
    datasets, articles, pages = counts
    full = float(str(rows[0]["seconds"]))
    lines = "".join(
        f"| {row['what']} | {row['seconds']} s | {float(str(row['seconds'])) / full:.1%} | {row['cpu_seconds']} s "
        f"| {row['peak_gb']} GB | {row['steps']}{'; held by a gate: ' + str(row['held']) if row['held'] else ''} |\n"
        for row in rows
    )
    return f"""## Builds

`scripts/bench nightly`, {today}, {os.cpu_count()} cores, load average {os.getloadavg()[2]:.1f} (its own work makes
up to 2, more is others'): {datasets:,} dandisets, {articles:,} abstracts and {pages:,} wiki pages, a file each,
made of the vocabularies' names in sentences. Each row is a process of its own; memory is that of all processes
together, what they share counted once. Nothing is kept before the first row but the compiled vocabularies. Targets:
full under 300 s, nothing changed under 10 s, 1 % changed under a tenth of the full time, all under 2 GB. The gates
have a say after each build, and may hold the changed one back, because its records are written anew and some lose
much.

| | time | of the full | processor | memory | |
|---|---|---|---|---|---|
{lines}"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_nightly.py")
    parser.add_argument("what", choices=["nightly"])
    parser.add_argument("--datasets", type=int, default=1_000)
    parser.add_argument("--articles", type=int, default=30_000)
    parser.add_argument("--pages", type=int, default=17_000)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--folder", help="Work here, and leave everything there")
    parser.add_argument("--no-write", action="store_true", help="Leave docs/benchmarks.md alone")
    options = parser.parse_args()
    section = render(measure(options), (options.datasets, options.articles, options.pages))
    print(section)
    if not options.no_write:
        write_section("nightly", section)


if __name__ == "__main__":
    main()
