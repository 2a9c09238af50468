"""A contested claim is seen to be contested wherever it is shown: in the report, in diagrams, by `kg show`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from kg.build.report import make_report, report_html
from kg.cli.main import make_app
from kg.diagram.draw import draw
from kg.graph.assemble import assemble
from kg.graph.build_dir import Build, Manifest, write_build
from kg.graph.tables import make_table
from kg.model import (
    ArticleRecord,
    Category,
    Claim,
    ClaimKind,
    Evidence,
    Method,
    Polarity,
    Predicate,
    Receipt,
    Source,
    Supported,
    Term,
)
from kg.ontology import Vocabulary

MECHANISM, DISEASE = "mechanism:synaptic-dysfunction", "MONDO:0004975"
VOCABULARY = Vocabulary.from_terms(
    (
        Term(
            curie=MECHANISM, label="synaptic dysfunction", category=Category.MECHANISM, vocabulary="neurokg"
        ),
        Term(curie=DISEASE, label="Alzheimer disease", category=Category.DISEASE, vocabulary="mondo"),
    )
)
#: More for than any list shows: what is against must still be seen.
SENTENCES = [(f"Synaptic loss leads to dementia, study {n} says.", Polarity.ASSERTED) for n in range(1, 8)]
AGAINST = "Synaptic loss plays no part in dementia."


def tables() -> Mapping[str, pl.DataFrame]:
    claim = Claim(
        subject=MECHANISM,
        predicate=Predicate.CONTRIBUTES_TO,
        object=DISEASE,
        kind=ClaimKind.BIOLOGICAL,
        primary_source="infores:pubmed",
    )
    records = [
        ArticleRecord(
            id=f"PMID:{n}",
            title=f"Study {n}",
            receipt=Receipt(source=Source.PUBMED, path="a.xml", sha256="0" * 64, size_bytes=1, position=n),
            publication_types=("Journal Article",),
        )
        for n in range(1, 9)
    ]
    found = [
        Supported(
            claim,
            Evidence(
                claim_id=claim.id,
                record_id=f"PMID:{n}",
                section="abstract",
                start=10,
                end=10 + len(quote),
                quote=quote,
                polarity=polarity,
                method=Method.SENTENCE_RULE,
            ),
        )
        for n, (quote, polarity) in enumerate([*SENTENCES, (AGAINST, Polarity.NEGATED)], start=1)
    ]
    made = assemble(found, records, [], VOCABULARY).tables
    return {**made, "problems": make_table("problems", [])}


@pytest.fixture(scope="module")
def contested(tmp_path_factory: pytest.TempPathFactory) -> Build:
    manifest = Manifest(
        build_id="0" * 12,
        code_version="x",
        package_version="0",
        vocabulary="x",
        vocabularies={},
        configuration={},
        inputs={},
        counts={},
    )
    return write_build(tmp_path_factory.mktemp("contested") / "build", tables(), manifest)


def test_the_report_has_both_sides_and_marks_the_claim(contested: Build) -> None:
    report = make_report(contested.manifest, contested.tables)
    (row,) = report.contested
    assert {piece["polarity"] for piece in row["evidence"]} == {"asserted", "negated"}
    assert {piece["polarity"] for piece in report.mechanisms[0]["evidence"]} == {"asserted", "negated"}
    page = report_html(report)
    assert re.search(r"contested</strong>", page)
    assert page.count(AGAINST) == 2


def test_diagrams_say_so_in_words(contested: Build, tmp_path: Path) -> None:
    text = draw(contested, MECHANISM, tmp_path / "d.md").text
    assert '--x|"contributes<br/>to ×"|' in text  # the arrow is crossed, and so are its words
    assert "crossed = also denied" in text
    assert AGAINST in (tmp_path / "d.md").read_text(encoding="utf-8")


def test_show_prints_both_sides_with_offsets_pmids_and_links(contested: Build) -> None:
    claim = contested.table("claims")["id"][0]
    shown = CliRunner().invoke(make_app(), ["show", claim, "--build", str(contested.path)]).output
    assert "synaptic dysfunction CONTRIBUTES_TO Alzheimer disease  CONTESTED" in shown
    assert "7 for, 1 against" in shown
    assert f"against: “{AGAINST}”" in shown
    assert f"PMID:8#abstract 10–{10 + len(AGAINST)} · primary" in shown
    assert "https://pubmed.ncbi.nlm.nih.gov/8" in shown
    assert shown.count("for: ") == len(SENTENCES)
