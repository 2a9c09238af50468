"""Measures the linker and writes docs/benchmarks.md; see scripts/bench.

usage: bench_link.py link [--only PART,…] [--no-write] | calibrate
Parts: quality, whitetext, links, speed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
sys.path[:0] = [str(REPOSITORY), str(Path(__file__).parent)]

from bench_report import calibration_svg, render_report  # noqa: E402

from kg.config import curated_dir, load_config  # noqa: E402
from kg.link import Linker  # noqa: E402
from kg.link.annotated import Gold, iter_texts, read_gold  # noqa: E402
from kg.link.calibration import (  # noqa: E402
    Case,
    Reach,
    calibration_error,
    case_of,
    counts_text,
    deciles,
    default_calibration,
)
from kg.link.evaluate import (  # noqa: E402
    Predicted,
    Score,
    evaluate_links,
    evaluate_spans,
    predicted_of,
    read_predictions,
    read_rows,
)
from kg.link.inputs import passages_of_text  # noqa: E402
from kg.link.primed import PrimedLinker, learn_priors  # noqa: E402
from kg.link.priors import Document, Priors, add_counts, count_documents  # noqa: E402

VOCABULARIES = ("CL", "UBERON", "GO_BP", "MONDO")
PEERS = ("kg", "gilda", "oger", "spacy")
REPEATS = 3


def shared_dir() -> Path:
    folder = Path(os.environ.get("KG_SHARED_DIR", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        sys.exit("bench: the corpora are not there; set KG_SHARED_DIR to the folder that has data/craft")
    return folder / "data"


def say(text: str) -> None:
    print(f"{time.perf_counter() - BEGAN:6.0f} s  {text}", file=sys.stderr, flush=True)


def craft(data: Path, name: str, split: str) -> tuple[Gold, dict[str, str]]:
    gold = read_gold(data / "craft" / f"gold_{name}.tsv.gz", split=split)
    return gold, dict(iter_texts(gold, data / "craft" / "txt"))


def link_all(linker: Linker | PrimedLinker, texts: dict[str, str]) -> list[Predicted]:
    return [p for doc, text in texts.items() for p in predicted_of(linker.link(passages_of_text(doc, text)))]


def in_one_piece(found: list[Predicted]) -> list[Predicted]:
    """Leave out mentions in pieces, as the TSV format of predictions does."""
    return [item for item in found if len(item.spans) == 1]


def measure_quality(data: Path) -> dict[str, object]:
    """Rows A and B on CRAFT dev, cross-validation in train, and calibration."""
    rows: dict[str, dict[str, Score]] = {"A": {}, "B": {}}
    validation = {}
    judged: dict[str, list[tuple[float, bool]]] = {"raw": [], "A": [], "B": []}
    for name in VOCABULARIES:
        linker = Linker.from_lexicon_file(data / "craft" / f"lexicon_{name}.tsv.gz")
        gold, texts = craft(data, name, "train")
        documents = [Document(doc, text, gold.of(doc)) for doc, text in texts.items()]
        base = {doc: linker.link(passages_of_text(doc, text)) for doc, text in texts.items()}
        priors, results = learn_priors(documents, gold, base=base)
        validation[name] = next(result for result in results if result.threshold == priors.threshold)
        gold, texts = craft(data, name, "dev")
        for row, chosen in (("A", linker), ("B", PrimedLinker(linker, priors))):
            found = link_all(chosen, texts)
            rows[row][name] = evaluate_spans(gold, in_one_piece(found)).scores["strict"]
            judged[row] += [(p.score or 0.0, (p.doc, p.spans, p.curie) in gold.mentions) for p in found]
        linker.calibration = None
        judged["raw"] += [(p.score or 0.0, (p.doc, p.spans, p.curie) in gold.mentions) for p in link_all(linker, texts)]
        say(f"CRAFT {name}: A {rows['A'][name].f1:.3f}, B {rows['B'][name].f1:.3f}, CV {validation[name].f1:.3f}")
    tables = {row: deciles(pairs) for row, pairs in judged.items()}
    errors = {row: calibration_error(table) for row, table in tables.items()}
    return {"rows": rows, "validation": validation, "deciles": tables, "errors": errors}


def measure_peers(data: Path, folder: Path) -> dict[str, dict[str, dict[str, object]]]:
    """Others and ours in a process each: the same surfaces, the same texts."""
    texts = folder / "texts.list"
    docs = (data / "craft" / "craft-ids-dev.txt").read_text(encoding="utf-8").split()
    paths = [data / "craft" / "txt" / f"{doc}.txt" for doc in docs]
    texts.write_text("\n".join(map(str, paths)), encoding="utf-8")
    size = sum(path.stat().st_size for path in paths)
    results: dict[str, dict[str, dict[str, object]]] = {}
    for peer in PEERS:
        results[peer] = {}
        for name in VOCABULARIES:
            predictions = folder / f"{peer}-{name}.tsv"
            lexicon = data / "craft" / f"lexicon_{name}.tsv.gz"
            command = [sys.executable, "scripts/bench_peers.py", peer, lexicon, texts, predictions, str(REPEATS)]
            done = subprocess.run(
                [str(part) for part in command], cwd=REPOSITORY, capture_output=True, text=True, check=False
            )
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no message"])[-1]
                say(f"{peer} {name}: failed: {last[:200]}")
                continue
            figures = json.loads(done.stdout.strip().splitlines()[-1])
            gold = read_gold(data / "craft" / f"gold_{name}.tsv.gz", split="dev")
            figures["score"] = evaluate_spans(gold, read_predictions(predictions)).scores["strict"]
            figures["mb_per_s"] = size / 1e6 / figures["seconds"]
            results[peer][name] = figures
            say(f"{peer} {name}: F1 {figures['score'].f1:.3f}, {figures['mb_per_s']:.2f} MB/s")
    return results


def default_linker() -> Linker:
    from kg.ontology import load_vocabulary

    config = load_config(None)
    return Linker.from_vocabulary(load_vocabulary(config), config.link, cache_dir=config.cache_dir)


def measure_whitetext(data: Path) -> Score:
    gold = read_gold(data / "whitetext" / "gold.tsv", split="dev")
    linker = default_linker()
    found = [
        p
        for doc, text in iter_texts(gold, data / "whitetext" / "txt")
        for p in predicted_of(m for m in linker.link(passages_of_text(doc, text)) if m.category == "region")
    ]
    score = evaluate_spans(gold, in_one_piece(found), with_ids=False).scores["span"]
    say(f"WhiteText dev: {score.f1:.3f}")
    return score


def kg(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    code = "from kg.cli import run; run()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True, input=stdin)


def measure_links(data: Path, folder: Path) -> dict[str, object]:
    config = folder / "kg.toml"
    sources = {"dandi": data / "dandi" / "dandisets", "pubmed": f"{data}/pubmed/*.gz", "wiki": data / "wiki"}
    config.write_text(
        "".join(f'[sources.{name}]\npath = "{path}"\n' for name, path in sources.items()) + '[build]\nout = "builds"\n',
        encoding="utf-8",
    )
    began = time.perf_counter()
    kg("build", "--config", config)
    seconds = time.perf_counter() - began
    rows = kg("links", "--config", config, "--format", "jsonl").stdout
    (folder / "links.jsonl").write_text(rows, encoding="utf-8")
    gold = read_rows(data / "gold" / "dandi-links.dev.jsonl")
    result = evaluate_links(gold, read_rows(folder / "links.jsonl"))
    say(f"DANDI links: {', '.join(f'{name} {score.f1:.3f}' for name, score in result.scores.items())}")
    return {"scores": result.scores, "figures": result.figures, "build_s": seconds}


SPEED = """
import json, resource, sys, time
from pathlib import Path
sys.path.insert(0, "scripts")
began = time.perf_counter()
from bench_link import default_linker
linker = default_linker()
from kg.link.inputs import passages_of_text
load = time.perf_counter() - began
texts = [(p.stem, p.read_bytes().decode()) for p in map(Path, sys.argv[1:])]
best = 9e9
for _ in range(3):
    began = time.process_time()
    count = sum(len(linker.link(passages_of_text(doc, text))) for doc, text in texts)
    best = min(best, time.process_time() - began)
size = sum(len(text.encode()) for _, text in texts)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"load_s": load, "mb_per_s": size / 1e6 / best, "peak_bytes": peak, "mentions": count, "bytes": size}))
"""


def measure_speed(data: Path, folder: Path) -> dict[str, float]:
    """The default vocabularies: one core, start, memory, two processes."""
    paths = [*sorted((data / "craft" / "txt").glob("*.txt")), *sorted((data / "whitetext" / "txt").glob("*.txt"))]
    command = [sys.executable, "-c", SPEED, *map(str, paths)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    say(f"default vocabularies: {figures['mb_per_s']:.2f} MB/s, {figures['peak_bytes'] / 1e6:.0f} MB")
    starts = []
    for _ in range(3):
        began = time.perf_counter()
        kg("link", stdin="CA1 pyramidal cells")
        starts.append(time.perf_counter() - began)
    figures["start_s"] = min(starts)
    many = folder / "many.jsonl"
    with many.open("w", encoding="utf-8") as stream:
        for turn in range(8):
            for path in paths:
                text = path.read_bytes().decode("utf-8")
                stream.write(json.dumps({"id": f"{path.stem}-{turn}", "text": text}, ensure_ascii=False) + "\n")
    figures["many_bytes"] = many.stat().st_size
    for processes in (1, 2, 1, 2):  # the better of two, as others use the machine, too
        began = time.perf_counter()
        kg("link", "--processes", processes, many, "-o", folder / f"many-{processes}.tsv")
        seconds = time.perf_counter() - began
        figures[f"seconds_{processes}"] = min(seconds, figures.get(f"seconds_{processes}", seconds))
    one, two = ((folder / f"many-{n}.tsv").read_bytes() for n in (1, 2))
    assert one == two, "two processes wrote other mentions than one"
    say(f"start {figures['start_s']:.2f} s; 1 process {figures['seconds_1']:.1f} s, 2 {figures['seconds_2']:.1f} s")
    return figures


def names_unseen(gold: Gold, texts: dict[str, str], linker: Linker) -> list[Predicted]:
    """Find the names of a lexicon that the rest of the corpus never has, part by part of the corpus."""
    documents = [Document(doc, text, gold.of(doc)) for doc, text in texts.items()]
    counted = count_documents(documents)
    found = []
    for fold in range(5):
        priors = Priors(add_counts(counts for i, counts in enumerate(counted) if i % 5 != fold))
        for document in documents[fold::5]:
            mentions = PrimedLinker(linker, priors).link(passages_of_text(document.name, document.text))
            learned = ("learned", "abbreviation")
            found += predicted_of(m for m in mentions if m.method not in learned and not m.parts)
    return found


def calibrate(data: Path) -> None:
    """Count right mentions by rule, and write the table that scores are calibrated with."""
    mentions: Counter[Case] = Counter()
    right: Counter[Case] = Counter()

    def count(reach: Reach, found: list[Predicted], is_right: list[bool]) -> None:
        for item, good in zip(found, is_right, strict=True):
            case = case_of(reach, item.curie, item.method, item.surface, item.score or 0.0)
            mentions[case] += 1
            right[case] += good

    default = default_linker()
    default.calibration = None
    for name in VOCABULARIES:
        linker = Linker.from_lexicon_file(data / "craft" / f"lexicon_{name}.tsv.gz")
        linker.calibration = None
        gold, texts = craft(data, name, "train")
        found = link_all(linker, texts)
        count(Reach.LEXICON, found, [(p.doc, p.spans, p.curie) in gold.mentions for p in found])
        if name in ("CL", "MONDO"):
            known = [p for p in link_all(default, texts) if p.curie.startswith(f"{name}:")]
            count(Reach.VOCABULARIES, known, [(p.doc, p.spans, p.curie) in gold.mentions for p in known])
        unseen = names_unseen(gold, texts, linker)
        count(Reach.UNSEEN, unseen, [(p.doc, p.spans, p.curie) in gold.mentions for p in unseen])
        say(f"counted CRAFT {name}")
    gold = read_gold(data / "whitetext" / "gold.tsv", split="dev")
    spans = {key[:2] for key in gold.mentions}
    texts = dict(iter_texts(gold, data / "whitetext" / "txt"))
    found = [p for p in link_all(default, texts) if p.category == "region"]
    count(Reach.VOCABULARIES, found, [(p.doc, p.spans) in spans for p in found])
    remark = (
        "How many mentions of each kind are right: counts that kg/link/calibration.py turns into scores.\n"
        "Made by 'scripts/bench calibrate'. lexicon: CRAFT v5 (60 articles of its train split, span and CURIE), with\n"
        "each vocabulary's own names. vocabularies: CL and MONDO on the same articles; regions on 665 abstracts of\n"
        "WhiteText 1.3 (spans alone, as that corpus has no identifiers). unseen: names that the other four fifths of\n"
        "CRAFT train never have."
    )
    rows = [(case, number, right[case]) for case, number in mentions.items()]
    (curated_dir() / "calibration.tsv").write_text(counts_text(rows, remark), encoding="utf-8")
    say(f"{len(rows)} rows from {sum(mentions.values()):,} mentions")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("link", "calibrate"))
    parser.add_argument("--only", default="quality,peers,whitetext,links,speed")
    parser.add_argument("--no-write", action="store_true", help="print the page in place of writing it")
    args = parser.parse_args()
    data = shared_dir()
    if args.what == "calibrate":
        calibrate(data)
        return
    default_calibration()
    parts = args.only.split(",")
    results: dict[str, object] = {"date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "speed" in parts:
            default_linker()  # compiled before anything is timed
            results["speed"] = measure_speed(data, folder)
        if "peers" in parts:
            results["peers"] = measure_peers(data, folder)
        if "quality" in parts:
            results["quality"] = measure_quality(data)
        if "whitetext" in parts:
            results["whitetext"] = measure_whitetext(data)
        if "links" in parts:
            results["links"] = measure_links(data, folder)
    results["seconds"] = time.perf_counter() - BEGAN
    results["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    page = render_report(results)
    if args.no_write:
        print(page)
        return
    place = REPOSITORY / "docs" / "benchmarks.md"
    # What other measurements wrote between their marks stays.
    kept = [
        match[0]
        for match in re.finditer(
            r"^<!-- (\w+) -->$.*?^<!-- /\1 -->$", place.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        )
    ]
    place.write_text("\n\n".join([page.rstrip(), *kept]) + "\n", encoding="utf-8")
    if "quality" in results:
        (REPOSITORY / "docs" / "calibration.svg").write_text(
            calibration_svg(results["quality"]["deciles"]), encoding="utf-8"
        )
    say("wrote docs/benchmarks.md")


BEGAN = time.perf_counter()

if __name__ == "__main__":
    main()
