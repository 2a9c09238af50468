from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import LinkError
from kg.link.kept import lexicon_of
from kg.link.lexicon import Lexicon, Row, compile_entries, read_lexicon_rows
from kg.link.tokens import tokenize
from kg.model.term import Category, Scope
from kg.ontology import Vocabulary
from tests.link.trie import Trie

REGION, CELL = Category.REGION, Category.CELL_TYPE
_WORDS = st.sampled_from(
    ["hippocampal", "formation", "CA1", "of", "layer", "II", "pyramidal", "cells", "nuclei", "β", "x"]
)
_SEPARATORS = st.sampled_from([" ", "-", "\n", "\n\n", ", ", "(", "'s "])


def _row(text: str, curie: str = "UBERON:0000001", scope: Scope = Scope.LABEL, category: Category = REGION) -> Row:
    return Row(curie, category, text, scope)


@settings(deadline=None)
@given(
    surfaces=st.lists(st.lists(_WORDS, min_size=1, max_size=4).map(" ".join), max_size=12),
    parts=st.lists(st.tuples(_WORDS, _SEPARATORS), max_size=30),
)
def test_automaton_finds_what_a_plain_trie_finds(surfaces: list[str], parts: list[tuple[str, str]]) -> None:
    rows = [_row(surface, f"UBERON:{number:07}") for number, surface in enumerate(surfaces)]
    trie = Trie(compile_entries(rows, scopes=[Scope.LABEL]))
    tokens = tokenize("".join(word + separator for word, separator in parts))
    lexicon = Lexicon.compile(rows, scopes=[Scope.LABEL])
    assert {tuple(match) for match in lexicon.find(tokens)} == trie.find(tokens.keys)


def test_saved_lexicon_is_the_same_when_read_back(tmp_path: Path) -> None:
    rows = [
        _row("hippocampal formation"),
        _row("HF", scope=Scope.ABBREVIATION),
        _row("pyramidal cell", "CL:0000598", category=CELL),
    ]
    made = Lexicon.compile(rows, scopes=Scope)
    made.save(tmp_path / "deep" / "lexicon.bin")
    read = Lexicon.load(tmp_path / "deep" / "lexicon.bin")
    tokens = tokenize("Hippocampal formations (HF) have pyramidal cells")
    assert read.find(tokens) == made.find(tokens)
    assert [read.entries(m.pattern) for m in read.find(tokens)] == [made.entries(m.pattern) for m in made.find(tokens)]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["lexicon.bin"]


@pytest.mark.parametrize(
    "harm",
    [lambda data: b"", lambda data: data[:-1], lambda data: data[:200] + b"\x00" + data[201:], lambda data: b"x" * 99],
)
def test_damaged_lexicon_is_refused(tmp_path: Path, harm) -> None:
    path = tmp_path / "lexicon.bin"
    Lexicon.compile([_row("hippocampal formation")], scopes=Scope).save(path)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(LinkError, match="lexicon"):
        Lexicon.load(path)


def test_wider_synonym_is_kept_only_if_it_shortens_the_label_of_one_term() -> None:
    rows = [
        _row("outer nuclear layer of retina"),
        _row("outer nuclear layer", scope=Scope.BROAD),
        _row("all", scope=Scope.RELATED),
        _row("outer layer of skin", "UBERON:0000002"),
        _row("outer layer", "UBERON:0000002", Scope.BROAD),
        _row("outer layer of bone", "UBERON:0000003"),
        _row("outer layer", "UBERON:0000003", Scope.BROAD),
    ]
    keys = compile_entries(rows, scopes=[Scope.LABEL, Scope.EXACT])
    assert "outer nuclear layer" in keys
    assert "all" not in keys
    assert "outer layer" not in keys


def test_name_for_all_species_outweighs_one_for_a_species() -> None:
    rows = [
        _row("thalamus", scope=Scope.EXACT),
        Row("UBERON:0000001", REGION, "Thalamus", Scope.EXACT, ("NCBITaxon:10090",)),
    ]
    (entry,) = compile_entries(rows, scopes=[Scope.EXACT])["thalamus"]
    assert entry.taxa == ()


def test_lower_case_twin_of_an_acronym_is_dropped() -> None:
    rows = [
        _row("RICH", "MONDO:1", Scope.EXACT, Category.DISEASE),
        _row("rich", "MONDO:1", Scope.EXACT, Category.DISEASE),
    ]
    (entry,) = compile_entries(rows, scopes=[Scope.EXACT])["rich"]
    assert entry.surface == "RICH"


@pytest.mark.parametrize("name", ["lexicon.tsv", "lexicon.tsv.gz"])
def test_lexicon_file_is_read_plain_or_gzipped(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    data = b"curie\tsurface\tstatus\nUBERON:1\thippocampus\tname\n\nCL:2\tbasket cell\trelated\n"
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert [(row.curie, row.category, row.scope) for row in read_lexicon_rows(path)] == [
        ("UBERON:1", REGION, Scope.LABEL),
        ("CL:2", CELL, Scope.RELATED),
    ]


@pytest.mark.parametrize(
    "line", ["UBERON:1\thippocampus", "UBERON:1\thippocampus\tsynonym", "UBERON:1 hippocampus name"]
)
def test_bad_row_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "lexicon.tsv"
    path.write_text(f"UBERON:1\tx\tname\n{line}\n", encoding="utf-8")
    with pytest.raises(LinkError) as caught:
        list(read_lexicon_rows(path))
    assert caught.value.where == f"{path}:2"


def test_of_compiled_lexicons_only_the_newest_are_kept(tmp_path: Path) -> None:
    vocabulary = Vocabulary.from_terms(())
    for number in range(9):
        old = tmp_path / f"lexicon-{number:016x}.bin"
        old.write_bytes(b"x")
        os.utime(old, (number, number))
    lexicon_of(vocabulary, (Scope.LABEL,), tmp_path)
    kept = sorted(path.name for path in tmp_path.glob("lexicon-*.bin"))
    assert len(kept) == 6
    assert {f"lexicon-{number:016x}.bin" for number in range(4, 9)} < set(kept)
