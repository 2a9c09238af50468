"""What all evidence of each claim comes to: its status, its confidence, the sentence and the works to name with it.

Nearly every claim of a large graph rests on one piece of evidence that cites nothing. What such a claim comes to
stands in that piece: nothing is grouped or sorted for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from kg.graph.weigh import confidences_of
from kg.model import ClaimStatus, Method, Polarity
from kg.model.claim import ECO_OF_METHOD

#: Biolink knowledge_level and agent_type of a claim, by the most trustworthy method behind it.
_KNOWLEDGE: Final[Mapping[Method, tuple[str, str]]] = {
    Method.CURATED: ("knowledge_assertion", "manual_agent"),
    Method.STRUCTURED_FIELD: ("knowledge_assertion", "manual_agent"),
    Method.ONTOLOGY: ("knowledge_assertion", "manual_agent"),
    Method.CITATION: ("knowledge_assertion", "manual_agent"),
    Method.HYPERLINK: ("knowledge_assertion", "manual_agent"),
    Method.SENTENCE_RULE: ("not_provided", "text_mining_agent"),
    Method.TEXT_MENTION: ("not_provided", "text_mining_agent"),
}
#: What a method says of the evidence and the claim.
METHODS: Final = pl.DataFrame(
    {
        "method": [method.value for method in _KNOWLEDGE],
        "rank": pl.Series(range(len(_KNOWLEDGE)), dtype=pl.UInt8),
        "eco": [ECO_OF_METHOD[method] for method in _KNOWLEDGE],
        "knowledge_level": [level for level, _ in _KNOWLEDGE.values()],
        "agent_type": [agent for _, agent in _KNOWLEDGE.values()],
    }
)
#: What publications' ids begin with.
_WORKS: Final = r"^(?:PMID|DOI):"
#: Sections whose text is a bare name.
_NAMES: Final = ("keywords", "keyword")
_ASSERTED, _NEGATED, _SPECULATIVE = (polarity.value for polarity in Polarity)
_NONE: Final = pl.lit([], dtype=pl.List(pl.String))
#: Columns of evidence that claims are judged by.
_READ: Final = (
    "id",
    "claim",
    "record_id",
    "section",
    "quote",
    "polarity",
    "method",
    "cited",
    "weight",
    "rank",
    "system",
)
#: Columns of `judge_claims` before what ranks say is spelt out.
_JUDGED: Final = (
    "claim",
    "evidence_count",
    "negated_count",
    "speculative_count",
    "confidence",
    "surest",
    "rank",
    "sentence",
    "publications",
    "systems",
    "sources",
)


def of_rank(column: str, rank: str = "rank") -> pl.Expr:
    """Give what `METHODS` says of ranks."""
    told = pl.col(rank).replace_strict(METHODS["rank"], METHODS[column], return_dtype=pl.String)
    return told.alias(column)


def judge_claims(pieces: pl.DataFrame) -> pl.DataFrame:
    """Bring all evidence of each claim together.

    Parameters
    ----------
    pieces : polars.DataFrame
        Evidence, each piece once, with ``claim``, the number of its claim, ``weight``, ``system`` and the ``rank``
        of `METHODS`.

    Returns
    -------
    polars.DataFrame
        A row a claim: ``claim``, what the table ``claims`` has of its evidence, and ``sources``, the records
        that assert it.
    """
    is_alone = pieces["claim"].is_unique() & (pieces["cited"].list.len() == 0)
    pieces = pieces.select(_READ)
    judged = pl.concat([_merged(pieces.filter(~is_alone)), _alone(pieces.filter(is_alone))])
    is_asserted, is_negated = pl.col("evidence_count") > 0, pl.col("negated_count") > 0
    return judged.with_columns(
        of_rank("eco", "surest"),
        of_rank("knowledge_level"),
        of_rank("agent_type"),
        status=pl.when(is_asserted & is_negated)
        .then(pl.lit(ClaimStatus.CONTESTED.value))
        .when(is_asserted)
        .then(pl.lit(ClaimStatus.ASSERTED.value))
        .when(is_negated)
        .then(pl.lit(ClaimStatus.NEGATED.value))
        .otherwise(pl.lit(ClaimStatus.SPECULATIVE.value)),
    ).drop("surest", "rank")


def _alone(pieces: pl.DataFrame) -> pl.DataFrame:
    """Judge claims that rest on one piece each, which cites nothing."""
    # Of a million such pieces there are a dozen sorts: one of each is weighed as all evidence is.
    sort = ["polarity", "weight"]
    examples = pieces.unique(sort, keep="any")
    confidences = _confidences(examples).join(examples.select("claim", *sort), on="claim")
    polarity, record = pl.col("polarity"), pl.concat_list("record_id")
    return (
        pieces.join(confidences.drop("claim"), on=sort, how="left", maintain_order="left")
        .with_columns(
            evidence_count=(polarity == _ASSERTED).cast(pl.Int64),
            negated_count=(polarity == _NEGATED).cast(pl.Int64),
            speculative_count=(polarity == _SPECULATIVE).cast(pl.Int64),
            surest="rank",
            sentence="quote",
            publications=pl.when(pl.col("record_id").str.contains(_WORKS)).then(record).otherwise(_NONE),
            systems=pl.when(pl.col("system").is_not_null()).then(pl.concat_list("system")).otherwise(_NONE),
            sources=pl.when(polarity == _ASSERTED).then(record).otherwise(_NONE),
        )
        .select(_JUDGED)
    )


def _merged(pieces: pl.DataFrame) -> pl.DataFrame:
    """Judge claims with any evidence."""
    whole = pieces.group_by("claim").agg(
        evidence_count=(pl.col("polarity") == _ASSERTED).sum().cast(pl.Int64),
        negated_count=(pl.col("polarity") == _NEGATED).sum().cast(pl.Int64),
        speculative_count=(pl.col("polarity") == _SPECULATIVE).sum().cast(pl.Int64),
    )
    # What makes a claim what it is: the pieces that assert it, else those that deny it, else all.
    deciding = (
        pl.when(pl.col("evidence_count") > 0)
        .then(pl.col("polarity") == _ASSERTED)
        .otherwise((pl.col("negated_count") == 0) | (pl.col("polarity") == _NEGATED))
    )
    decisive = pieces.join(whole, on="claim").filter(deciding).with_columns(doubt=-pl.col("weight"))
    surest = decisive.sort("claim", "doubt", "id").unique("claim", keep="first", maintain_order=True)
    is_name = (pl.col("method") != Method.SENTENCE_RULE.value) | pl.col("section").str.extract(
        r"^([^/]*)"
    ).is_in(_NAMES)
    telling = decisive.sort("claim", is_name, "doubt", pl.col("quote").str.len_chars(), "id").unique(
        "claim", keep="first", maintain_order=True
    )
    trusted = decisive.group_by("claim").agg(pl.col("rank").min())
    works = pl.when(pl.col("cited").list.len() > 0).then("cited").otherwise(pl.concat_list("record_id"))
    publications = (
        decisive.select("claim", works.alias("work"))
        .explode("work")
        .filter(pl.col("work").str.contains(_WORKS))
        .group_by("claim")
        .agg(publications=pl.col("work").unique().sort())
    )
    systems = (
        decisive.filter(pl.col("system").is_not_null())
        .group_by("claim")
        .agg(systems=pl.col("system").unique().sort())
    )
    sources = (
        pieces.filter(pl.col("polarity") == _ASSERTED)
        .group_by("claim")
        .agg(sources=pl.col("record_id").unique().sort())
    )
    for part in (
        _confidences(pieces),
        surest.select("claim", surest="rank"),
        telling.select("claim", sentence="quote"),
        trusted,
    ):
        whole = whole.join(part, on="claim")
    for part in (publications, systems, sources):
        whole = whole.join(part, on="claim", how="left")
    return whole.with_columns(pl.col("publications", "systems", "sources").fill_null(_NONE)).select(_JUDGED)


def _confidences(pieces: pl.DataFrame) -> pl.DataFrame:
    columns = ("record_id", "cited", "polarity", "weight")
    return confidences_of(pieces.select(*columns, claim_id="claim")).rename({"claim_id": "claim"})
