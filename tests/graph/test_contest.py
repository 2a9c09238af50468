"""A denial speaks against every asserted claim of the same two things."""

from __future__ import annotations

import polars as pl

from kg.graph.contest import with_denials
from kg.graph.facts import PARTS
from kg.model import Claim, ClaimKind, Evidence, Method, Polarity, Predicate

ROWS = [
    ("says", Predicate.CONTRIBUTES_TO, Polarity.ASSERTED, ()),
    ("denies", Predicate.ASSOCIATED_WITH, Polarity.NEGATED, (("species_context", "rat"),)),
]


def parts(
    rows: list[tuple[str, Predicate, Polarity, tuple[tuple[str, str], ...]]],
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    claims, evidence, ids = [], [], {}
    for quote, predicate, polarity, qualifiers in rows:
        claim = Claim(
            subject="mechanism:gliosis",
            predicate=predicate,
            object="MONDO:1",
            kind=ClaimKind.BIOLOGICAL,
            primary_source="infores:pubmed",
            qualifiers=qualifiers,
        )
        piece = Evidence(
            claim_id=claim.id, record_id="PMID:1", section="abstract", end=5, quote=quote, polarity=polarity,
            method=Method.SENTENCE_RULE,
        )  # fmt: skip
        claims.append({**claim.model_dump(mode="json"), "qualifiers": [f"{k}={v}" for k, v in qualifiers]})
        evidence.append({**piece.model_dump(mode="json"), "cited": []})
        ids[quote] = claim.id
    return pl.DataFrame(claims, PARTS["claims"]).unique("id"), pl.DataFrame(evidence, PARTS["evidence"]), ids


def against(rows: list[tuple[str, Predicate, Polarity, tuple[tuple[str, str], ...]]], quote: str) -> list[str]:
    claims, evidence, ids = parts(rows)
    found = with_denials(claims, evidence)
    assert found["id"].n_unique() == found.height
    return found.filter(pl.col("claim_id") == ids[quote], pl.col("polarity") == "negated")["quote"].to_list()


def test_denial_of_any_association_contests_a_cause_in_another_species() -> None:
    assert against(ROWS, "says") == ["denies"]


def test_denial_stays_with_its_own_claim_as_well() -> None:
    assert against(ROWS, "denies") == ["denies"]


def test_added_evidence_is_what_its_own_id_says() -> None:
    claims, evidence, ids = parts(ROWS)
    row = with_denials(claims, evidence).filter(claim_id=ids["says"], polarity="negated").to_dicts()[0]
    fields = Evidence.model_fields
    assert Evidence(**{name: value for name, value in row.items() if name in fields}).id == row["id"]


def test_denial_leaves_what_it_has_room_for() -> None:
    for said, denied in (
        (Predicate.AFFECTED_IN, Predicate.CONTRIBUTES_TO),
        (Predicate.CONTRIBUTES_TO, Predicate.PROTECTS_FROM),
        (Predicate.PROTECTS_FROM, Predicate.CONTRIBUTES_TO),
        (Predicate.MODEL_OF, Predicate.ASSOCIATED_WITH),
        (Predicate.ASSOCIATED_WITH, Predicate.MODEL_OF),
    ):
        assert against([("says", said, Polarity.ASSERTED, ()), ("denies", denied, Polarity.NEGATED, ())], "says") == []


def test_denial_contests_no_guess() -> None:
    rows = [("guesses", Predicate.CONTRIBUTES_TO, Polarity.SPECULATIVE, ()), ROWS[1]]
    assert against(rows, "guesses") == []


def test_without_denials_nothing_is_added() -> None:
    claims, evidence, _ = parts(ROWS[:1])
    assert with_denials(claims, evidence).equals(evidence)


def test_what_is_not_altered_plays_no_part() -> None:
    rows = [
        ("says", Predicate.CONTRIBUTES_TO, Polarity.ASSERTED, ()),
        ("denies", Predicate.AFFECTED_IN, Polarity.NEGATED, ()),
    ]
    assert against(rows, "says") == ["denies"]
