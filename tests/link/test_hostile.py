"""Texts that are made to break a linker: linear time, no crash, offsets right."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.link.abbreviations import definitions_of
from kg.link.explain import explain
from kg.link.inputs import passages_of_text, replace_surrogates
from kg.link.lexicon import Row
from kg.link.linker import Linker
from kg.link.pieces import cut_text
from kg.link.primed import PrimedLinker
from kg.link.priors import Document, Priors, add_counts, count_documents
from kg.model.term import Category, Scope

LINKER = Linker.from_rows(
    [
        Row("UBERON:0002421", Category.REGION, "hippocampus", Scope.LABEL),
        Row("UBERON:0001950", Category.REGION, "prefrontal cortex", Scope.LABEL),
        Row("UBERON:0003881", Category.REGION, "CA1", Scope.EXACT),
        Row("CL:0000598", Category.CELL_TYPE, "pyramidal neuron", Scope.LABEL),
        Row("MONDO:0004975", Category.DISEASE, "AD", Scope.EXACT),
    ]
)
PRIMED = PrimedLinker(LINKER, Priors(add_counts(count_documents([Document("a", "AD, AD", [(((0, 2),), "MONDO:1")])]))))
PIECES = st.sampled_from(
    ["hippocampus", "CA1", "AD", "(", ")", "[", "]", " ", "\n", "\n\n", "\x00", "\x1b[2J", "\u202e", "العربية", "עברית",
     "\ud800", "e\u0301", "\u200b", "ﬁ", "İ", "ß", "🧠", "𝒳", "prefrontal", "cortex",
     "-", "and", "'s", "\u2029", "\ufeff"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60).map("".join))
@example("hippocampus\u202ehippocampus\u202c hippocampus's")
@example("\ud800hippocampus\udfff")
@example("İ hippocampus ﬁ hippocampus")
@settings(max_examples=300, deadline=None)
def test_offsets_are_right_in_any_text(text: str) -> None:
    passages = passages_of_text("r", text)
    clean = passages[0].text
    assert len(clean) == len(text)
    for linker in (LINKER, PRIMED):
        for mention in linker.link(passages):
            assert clean[mention.start : mention.end] == mention.surface
        for step in explain(linker, passages):
            assert clean[step.start : step.end] == step.surface


@given(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF, exclude_categories=()), max_size=80))
@settings(max_examples=200, deadline=None)
def test_replacing_surrogates_keeps_every_offset(text: str) -> None:
    clean = replace_surrogates(text)
    assert len(clean) == len(text)
    clean.encode("utf-8")
    assert all(a == b or "\ud800" <= a <= "\udfff" for a, b in zip(text, clean, strict=True))


@given(st.text(max_size=60), st.integers(1, 20))
def test_pieces_of_a_text_are_the_text(text: str, longest: int) -> None:
    pieces = list(cut_text(text, longest))
    assert "".join(piece for _, piece in pieces) == text
    assert all(text[offset : offset + len(piece)] == piece for offset, piece in pieces)
    assert all(len(piece) <= longest for _, piece in pieces)


def _seconds(text: str) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        LINKER.link(passages_of_text("r", text))
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize(
    "unit",
    ["(", "[", "()", "([", "(AD", "AD) ", "a (", "CA1 and ", "hippocampus ", "- ", "\n\n", "x", "\u0301", "A.", "\x00"],
    ids=repr,
)
def test_time_is_linear_in_what_is_repeated(unit: str) -> None:
    short, long = (unit * (size // len(unit)) for size in (60_000, 240_000))
    assert _seconds(long) < 4 * 3 * max(_seconds(short), 0.01)


def test_million_brackets_take_seconds() -> None:
    text = "(" * 500_000 + "hippocampus" + "]" * 500_000
    began = time.process_time()
    (mention,) = LINKER.link(passages_of_text("r", text))
    assert time.process_time() - began < 10
    assert (mention.start, mention.surface) == (500_000, "hippocampus")
    assert definitions_of([text]) == {}


def test_right_to_left_text_keeps_its_logical_order() -> None:
    text = "שלום hippocampus עולם CA1 \u202bhippocampus\u202c"
    found = [(m.start, m.surface) for m in LINKER.link(passages_of_text("r", text)) if m.surface == "hippocampus"]
    assert found == [(5, "hippocampus"), (27, "hippocampus")]


@pytest.mark.slow
def test_single_line_of_50_mb_is_linked_in_linear_time_and_little_memory(tmp_path: Path) -> None:
    """Measured in a process of its own: about 20 s and 500 MB, with the text four times in memory."""
    import json
    import subprocess
    import sys

    unit = "We saw hippocampus and pyramidal neurons in 14 mice of the prefrontal cortex, as in earlier work. "
    path = tmp_path / "line.txt"
    path.write_text(unit * (50_000_000 // len(unit)), encoding="utf-8")
    (tmp_path / "terms.tsv").write_text("UBERON:0002421\thippocampus\tname\n", encoding="utf-8")
    code = (
        "import re, sys, json, time; from pathlib import Path; from kg.cli.main import make_app\n"
        "began = time.process_time()\n"
        "make_app()(['link', '--lexicon', sys.argv[1], sys.argv[2], '-o', sys.argv[3]], standalone_mode=False)\n"
        # Not ru_maxrss: that begins with what the process had that started this one.
        "peak = int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) * 1024\n"
        "print(json.dumps([time.process_time() - began, peak]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "terms.tsv"), str(path), str(tmp_path / "out.tsv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    seconds, peak = json.loads(done.stdout)
    lines = (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 50_000_000 // len(unit)
    assert lines[-1].split("\t")[1] == str(len(unit) * (len(lines) - 1) + 7)
    assert seconds < 200
    assert peak < 1_200_000_000
