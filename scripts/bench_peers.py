"""Other linkers, each on the same surfaces and texts as ours: run by bench_link.py, a process each.

usage: bench_peers.py NAME LEXICON TEXTS PREDICTIONS REPEATS
Prints one JSON object: seconds to load, seconds for all texts (the best of REPEATS), peak memory, version.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

#: What ours matches by default in a lexicon file.
STATUSES = {"name", "exact"}
Found = list[tuple[int, int, str]]
Annotate = Callable[[str], Found]


def read_rows(path: Path) -> list[tuple[str, str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(curie, surface, status) for curie, surface, status in rows if status in STATUSES]


def make_kg(lexicon: Path) -> Annotate:
    from kg.link import Linker, mentions_of_text

    linker = Linker.from_lexicon_file(lexicon)
    return lambda text: [(m.start, m.end, m.curie) for m in mentions_of_text(linker, "d", text) if not m.parts]


def make_gilda(lexicon: Path) -> Annotate:
    from gilda import Grounder, Term
    from gilda.ner import annotate
    from gilda.process import normalize

    names = {curie: surface for curie, surface, status in read_rows(lexicon) if status == "name"}
    terms = [
        Term(
            normalize(surface),
            surface,
            curie.partition(":")[0],
            curie,
            names.get(curie, surface),
            "name" if status == "name" else "synonym",
            "bench",
        )
        for curie, surface, status in read_rows(lexicon)
        if normalize(surface)
    ]
    grounder = Grounder(terms)
    # Its models for ambiguous names are a download, and know none of these identifiers.
    grounder.gilda_disambiguators = {}
    grounder.adeft_disambiguators = {}
    return lambda text: [(a.start, a.end, a.matches[0].term.id) for a in annotate(text, grounder=grounder)]


def make_oger(lexicon: Path) -> Annotate:
    from oger.ctrl.router import PipelineServer, Router

    folder = tempfile.mkdtemp()
    path = Path(folder) / "terms.tsv"
    rows = read_rows(lexicon)
    names = {curie: surface for curie, surface, status in rows if status == "name"}
    path.write_text(
        "".join(f"C\tbench\t{curie}\t{surface}\t{names.get(curie, surface)}\tterm\n" for curie, surface, _ in rows),
        encoding="utf-8",
    )
    router = Router(
        termlist_path=str(path),
        termlist_normalize="lowercase stem-Porter",
        termlist_abbrev_detection=True,
        include_header=False,
    )
    server = PipelineServer(router, lazy=False)

    def annotate(text: str) -> Found:
        document = server.load_one(io.StringIO(text), "txt", "d")
        server.process(document)
        return longest([(e.start, e.end, e.cid) for e in document.iter_entities()])

    return annotate


def make_phrasematcher(lexicon: Path) -> Annotate:
    import spacy
    from spacy.matcher import PhraseMatcher

    nlp = spacy.blank("en")
    nlp.max_length = 1 << 30
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    by_curie: dict[str, list] = {}
    for curie, surface, _ in read_rows(lexicon):
        by_curie.setdefault(curie, []).append(nlp.make_doc(surface))
    for curie, patterns in by_curie.items():
        matcher.add(curie, patterns)

    def annotate(text: str) -> Found:
        doc = nlp.make_doc(text)
        spans = matcher(doc, as_spans=True)
        return longest([(span.start_char, span.end_char, span.label_) for span in spans])

    return annotate


def longest(found: Found) -> Found:
    """Of mentions that overlap keep the longest, as the others do by themselves."""
    kept: Found = []
    for start, end, curie in sorted(set(found), key=lambda item: (item[0], -item[1], item[2])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, curie))
    return kept


MAKERS = {"kg": make_kg, "gilda": make_gilda, "oger": make_oger, "spacy": make_phrasematcher}
PACKAGES = {"kg": "neurokg", "gilda": "gilda", "oger": "OGER", "spacy": "spacy"}


def main() -> None:
    name, lexicon, texts, predictions, repeats = sys.argv[1:]
    began = time.perf_counter()
    annotate = MAKERS[name](Path(lexicon))
    load_s = time.perf_counter() - began
    documents = [
        (path.stem, path.read_bytes().decode("utf-8")) for path in map(Path, Path(texts).read_text().split("\n"))
    ]
    best = float("inf")
    for _ in range(int(repeats)):
        began = time.process_time()  # others may use the machine, too
        found = [(doc, annotate(text)) for doc, text in documents]
        best = min(best, time.process_time() - began)
    with Path(predictions).open("w", encoding="utf-8") as stream:
        for doc, mentions in found:
            stream.writelines(f"{doc}\t{start}\t{end}\t{curie}\n" for start, end, curie in mentions)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"load_s": load_s, "seconds": best, "peak_bytes": peak, "version": version(PACKAGES[name])}))


if __name__ == "__main__":
    main()
