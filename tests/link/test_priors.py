from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import LinkError
from kg.link.annotated import Gold, iter_texts, read_gold
from kg.link.lexicon import Row
from kg.link.linker import Linker
from kg.link.primed import PrimedLinker, keep_longest, learn_priors
from kg.link.priors import Document, Priors, Surface, add_counts, count_documents, surface_of
from kg.link.priors_file import priors_text, read_priors, write_priors
from kg.link.tokens import key_of
from kg.model.record import Passage, Role
from kg.model.term import Category, Scope

HAIR_CELL, FOLLICLE_CELL, HAIR, SKIN = "CL:0000855", "CL:0002559", "UBERON:0001037", "UBERON:0002097"
HEADER = "doc\tspans\tcurie\tsurface\tsplit\n"


def _document(name: str, text: str, *mentions: tuple[str, str]) -> Document:
    """Annotate every occurrence of each surface, whatever stands around it."""
    found = []
    for surface, curie in mentions:
        at = text.find(surface)
        while at >= 0:
            found.append((((at, at + len(surface)),), curie))
            at = text.find(surface, at + 1)
    return Document(name, text, found)


def _priors(*documents: Document, threshold: float = 0.5) -> Priors:
    return Priors(add_counts(count_documents(documents)), threshold=threshold)


def _linker(priors: Priors, *rows: Row) -> PrimedLinker:
    return PrimedLinker(Linker.from_rows(rows), priors)


def _found(linker: PrimedLinker, text: str) -> list[tuple[str, str]]:
    return [(mention.surface, mention.curie) for mention in linker.link_text(text)]


CORPUS = (
    _document("a", "Hair cells of the cochlea. Outer hair cells amplify sound.", ("Hair cells", HAIR_CELL)),
    _document("b", "The loss of hair cells is for life; hair cells are few.", ("hair cells", HAIR_CELL)),
)


def test_learned_surface_is_found_in_the_spellings_that_texts_use() -> None:
    linker = _linker(_priors(*CORPUS))
    assert _found(linker, "A hair-cell and Hair Cells.") == [("hair-cell", HAIR_CELL), ("Hair Cells", HAIR_CELL)]


def test_corpus_overrules_what_the_lexicon_says_of_a_surface() -> None:
    row = Row(FOLLICLE_CELL, Category.CELL_TYPE, "hair cell", Scope.LABEL)
    assert [m.curie for m in Linker.from_rows([row]).link_text("Hair cells.")] == [FOLLICLE_CELL]
    assert _found(_linker(_priors(*CORPUS), row), "Hair cells.") == [("Hair cells", HAIR_CELL)]


def test_name_that_the_corpus_has_and_never_annotates_is_dropped() -> None:
    rows = [
        Row("CL:1", Category.CELL_TYPE, "amplify", Scope.LABEL),
        Row("CL:2", Category.CELL_TYPE, "cone cell", Scope.LABEL),
    ]
    linker = _linker(_priors(*CORPUS), *rows)
    assert _found(linker, "They amplify cone cells.") == [("cone cells", "CL:2")]


def test_priors_say_nothing_of_kinds_that_the_corpus_does_not_annotate() -> None:
    row = Row("UBERON:0001844", Category.REGION, "cochlea", Scope.LABEL)
    assert _found(_linker(_priors(*CORPUS), row), "Hair cells of the cochlea.") == [
        ("Hair cells", HAIR_CELL),
        ("cochlea", "UBERON:0001844"),
    ]


def test_acronym_of_one_document_is_left_alone_in_others() -> None:
    once = _document("a", "BC is a bipolar cell. BC fires.", ("BC", "CL:0000748"))
    again = _document("b", "The BC of the retina.", ("BC", "CL:0000748"))
    assert _found(_linker(_priors(once)), "BC was high.") == []
    assert _found(_linker(_priors(once, again)), "BC was high.") == [("BC", "CL:0000748")]
    assert _found(_linker(_priors(once, again)), "In 300 bc") == []


def test_words_beside_a_surface_decide_where_it_is_right_half_the_time() -> None:
    right = "growth of bones " * 4
    text = f"{right} growth hormone; growth hormone; growth hormone; growth hormone"
    spans = [(((16 * n, 16 * n + 6),), "GO:0040007") for n in range(4)]
    linker = _linker(_priors(Document("a", text, spans)))
    assert _found(linker, "the growth hormone and growth of hair") == [("growth", "GO:0040007")]


def test_mention_inside_a_word_is_learned_with_its_place() -> None:
    text = "postnatal mice; Postnatal rats"
    linker = _linker(_priors(Document("a", text, [(((4, 9),), "GO:0007567"), (((20, 25),), "GO:0007567")])))
    (mention,) = linker.link_text("at a postnatal age")
    assert (mention.start, mention.end, mention.surface) == (9, 14, "natal")


def test_short_form_that_a_text_defines_by_a_learned_surface_is_found() -> None:
    text = "The hair cells (HCs) die. HCs are few."
    assert _found(_linker(_priors(*CORPUS)), text) == [
        ("hair cells", HAIR_CELL),
        ("HCs", HAIR_CELL),
        ("HCs", HAIR_CELL),
    ]


def test_longest_candidate_stays() -> None:
    from kg.link.primed import _Candidate

    made = [
        _Candidate(s, e, "X:1", score, "m") for s, e, score in [(0, 4, 0.9), (3, 9, 0.6), (9, 11, 0.6), (9, 11, 0.7)]
    ]
    assert [(c.start, c.end, c.score) for c in keep_longest(made)] == [(3, 9, 0.6), (9, 11, 0.7)]


def test_cross_validation_keeps_the_usual_threshold_unless_another_is_clearly_better() -> None:
    gold = Gold({(d.name, spans, curie): "" for d in CORPUS for spans, curie in d.mentions}, {d.name for d in CORPUS})
    priors, results = learn_priors(CORPUS, gold)
    assert priors.threshold == 0.5
    assert [result.threshold for result in results] == [0.3, 0.4, 0.5, 0.6, 0.7]
    assert results[2].recall > 0.5


def test_priors_survive_their_file(tmp_path: Path) -> None:
    priors = _priors(*CORPUS, threshold=0.4)
    for name in ("priors.tsv", "priors.tsv.gz"):
        write_priors(priors, tmp_path / name)
        read = read_priors(tmp_path / name)
        assert priors_text(read) == priors_text(priors)
        assert (read.threshold, read.counts.documents) == (0.4, 2)
        assert read.counts.beside == priors.counts.beside
    assert gzip.decompress((tmp_path / "priors.tsv.gz").read_bytes()) == (tmp_path / "priors.tsv").read_bytes()


WORDS = st.sampled_from(
    ["hair", "Cells", "RGC", "cells", "-", "β", "of", "the", "x1", "(", "\n\n", "Kidney's", "a_b", "ß"]
)


@given(st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=4), st.data())
@settings(max_examples=60, deadline=None)
def test_any_counts_survive_their_file(texts: list[list[str]], data: st.DataObject) -> None:
    documents = []
    for number, parts in enumerate(texts):
        text = " ".join(parts)
        starts = data.draw(st.lists(st.integers(0, max(0, len(text) - 1)), max_size=3, unique=True))
        spans = sorted((((s, min(len(text), s + 5)),), "CL:1") for s in starts if s < len(text))
        documents.append(Document(str(number), text, spans))
    priors = _priors(*documents)
    lines = priors_text(priors)
    assert len(set(lines.split("\n")[2:-1])) == lines.count("\n") - 2
    for surface in priors.counts.annotated:
        choice = priors.choice(surface)
        assert choice is not None and 0 < choice.share <= 1


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_primed_mentions_have_the_surface_at_their_offsets(text: str) -> None:
    linker = _linker(_priors(*CORPUS, _document("c", text, *([(text[:3], "CL:9")] if text[:3].strip() else []))))
    passage = Passage(record_id="r", section="s", role=Role.BODY, text=f"{text} hair cells {text}")
    mentions = linker.link([passage])
    assert "hair cells" in {mention.surface for mention in mentions}
    for mention in mentions:
        assert passage.text[mention.start : mention.end] == mention.surface


def test_surface_is_known_by_its_letters_if_it_is_an_acronym() -> None:
    assert surface_of("Li") != surface_of("LI")
    assert surface_of("DRGs") == surface_of("DRG")
    assert surface_of("Hair") == surface_of("hair") == Surface(key_of("hair"), "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("doc\tspans\tcurie\nx\t1-2\tCL:1\n", "no column split, surface"),
        (f"{HEADER}x\t1_2\tCL:1\ta\ttrain\n", ":2: '1_2' are no spans"),
        (f"{HEADER}x\t4-2\tCL:1\ta\ttrain\n", "runs backwards"),
        (f"{HEADER}x\t1-2\tCL:1\ta\tdev\n", "the splits are: dev"),
    ],
)
def test_unreadable_gold_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LinkError) as caught:
        read_gold(path, split="train")
    assert said in str(caught.value)


def test_text_that_is_shorter_than_its_mentions_is_told(tmp_path: Path) -> None:
    (tmp_path / "gold.tsv").write_text(f"{HEADER}x\t1-90\tCL:1\ta\ttrain\n", encoding="utf-8")
    gold = read_gold(tmp_path / "gold.tsv")
    with pytest.raises(LinkError, match="1 documents have no text"):
        list(iter_texts(gold, tmp_path))
    (tmp_path / "x.txt").write_text("short", encoding="utf-8")
    with pytest.raises(LinkError, match="ends at 90, the text has 5"):
        list(iter_texts(gold, tmp_path))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["curie\tsurface"], "no file of priors"),
        (["", "surface\tx\t\tCL:1\t0\t0\tmany\t1\t0"], ":3"),
        (["", "thing\tx\t\tCL:1\t0\t0\t1\t1\t0"], "no such kind"),
    ],
)
def test_unreadable_priors_are_told_with_their_line(tmp_path: Path, lines: list[str], said: str) -> None:
    head, columns = priors_text(_priors(*CORPUS)).split("\n")[:2]
    path = tmp_path / "priors.tsv"
    path.write_text("\n".join([lines[0] or f"{head}\n{columns}", *lines[1:]]), encoding="utf-8")
    with pytest.raises(LinkError) as caught:
        read_priors(path)
    assert said in str(caught.value)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["CL", "MONDO"])
def test_priors_beat_the_lexicon_alone_on_documents_they_have_not_seen(shared_dir: Path, name: str) -> None:
    folder = shared_dir / "data" / "craft"
    gold = read_gold(folder / f"gold_{name}.tsv.gz", split="train")
    texts = dict(iter_texts(gold, folder / "txt"))
    docs = sorted(texts)
    priors = _priors(*(Document(d, texts[d], gold.of(d)) for i, d in enumerate(docs) if i % 3))
    plain = Linker.from_lexicon_file(folder / f"lexicon_{name}.tsv.gz")
    f1 = []
    for linker in (plain, PrimedLinker(plain, priors)):
        hits = made = wanted = 0
        for doc in docs[::3]:
            right = set(gold.of(doc))
            mentions = linker.link_text(texts[doc])
            hits += sum((((m.start, m.end),), m.curie) in right for m in mentions if not m.parts)
            made += sum(not m.parts for m in mentions)
            wanted += len(right)
        f1.append(2 * hits / (made + wanted))
    assert f1[1] > f1[0] + 0.02
