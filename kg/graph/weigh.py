"""How sure every claim of a graph is, all at once: the rules of ``kg.claims.confidence``, in columns.

The scalar functions there are the definition and what `kg judge` and `kg explain` use; a test holds the
two together on random evidence.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from kg.claims.confidence import (
    CARRIED,
    CEILING,
    CHOSEN,
    METHOD_WEIGHTS,
    SPECULATION,
    STUDY_FACTORS,
    WEIGHT_OF_TITLE,
)
from kg.model import Method

_WEIGHTS: Final = pl.DataFrame(
    {"method": [method.value for method in METHOD_WEIGHTS], "base": list(METHOD_WEIGHTS.values())}
)
_FACTORS: Final = pl.DataFrame(
    {"study": [kind.value for kind in STUDY_FACTORS], "factor": list(STUDY_FACTORS.values())}
)
_SENTENCE: Final = Method.SENTENCE_RULE.value
_TEXT: Final = (Method.SENTENCE_RULE.value, Method.TEXT_MENTION.value)


def with_weights(evidence: pl.DataFrame, studies: pl.DataFrame) -> pl.DataFrame:
    """Add the column ``weight`` to evidence: `kg.claims.confidence.weight_of`, in the same order of rows.

    Parameters
    ----------
    evidence : polars.DataFrame
        With ``method``, ``section``, ``record_id``, ``cited`` and ``via``.
    studies : polars.DataFrame
        ``record_id`` and ``study``; what is not in it has its full weight.
    """
    factors = studies.join(_FACTORS, on="study").select("record_id", "factor")
    # The texts stay out of it: every join would copy them.
    numbered = evidence.select("method", "section", "record_id", "cited", "via").with_row_index("_row")
    # What cites is no surer than the best of what it cites.
    best_cited = (
        numbered.filter((pl.col("method") == _SENTENCE) & (pl.col("cited").list.len() > 0))
        .select("_row", pl.col("cited").alias("record_id"))
        .explode("record_id")
        .join(factors, on="record_id", how="left")
        .group_by("_row")
        .agg(pl.col("factor").fill_null(1.0).max().alias("cited_factor"))
    )
    is_chosen = pl.col("section").str.extract(r"^([^/]*)").is_in(sorted(CHOSEN))
    of_text = pl.when(pl.col("method").is_in(_TEXT) & is_chosen).then(
        pl.max_horizontal("base", pl.lit(WEIGHT_OF_TITLE))
    )
    factor = pl.min_horizontal(pl.col("factor").fill_null(1.0), pl.col("cited_factor").fill_null(1.0))
    weights = (
        numbered.join(_WEIGHTS, on="method", how="left", maintain_order="left")
        .join(factors, on="record_id", how="left", maintain_order="left")
        .join(best_cited, on="_row", how="left", maintain_order="left")
        .with_columns(weight=of_text.otherwise("base"))
        .with_columns(
            weight=pl.when(pl.col("method") == _SENTENCE).then(pl.col("weight") * factor).otherwise("weight")
        )
        .with_columns(
            weight=pl.when(pl.col("via").fill_null("") != "")
            .then(pl.col("weight") * CARRIED)
            .otherwise("weight")
        )
    )
    return evidence.with_columns(weights["weight"])


def confidences_of(weighed: pl.DataFrame) -> pl.DataFrame:
    """Give the confidence of every claim: `kg.claims.confidence.confidence_of`.

    Parameters
    ----------
    weighed : polars.DataFrame
        Evidence with ``claim_id``, ``record_id``, ``cited``, ``polarity`` and ``weight``.

    Returns
    -------
    polars.DataFrame
        ``claim_id`` and ``confidence``.
    """
    works = pl.when(pl.col("cited").list.len() > 0).then("cited").otherwise(pl.concat_list("record_id"))
    combined = (
        weighed.select("claim_id", "polarity", "weight", works.alias("work"))
        .with_columns(share=1 - (1 - pl.col("weight")) ** (1 / pl.col("work").list.len()))
        .explode("work")
        .group_by("claim_id", "polarity", "work")
        .agg(pl.col("share").max())
        # A product of floats depends on their order: by work, whatever order they came in.
        .sort("claim_id", "polarity", "work")
        .group_by("claim_id", "polarity", maintain_order=True)
        .agg((1 - pl.col("share")).product().alias("doubt"))
        .with_columns(sure=pl.min_horizontal(1 - pl.col("doubt"), pl.lit(CEILING)))
    )

    def of(polarity: str) -> pl.Expr:
        return pl.col("sure").filter(pl.col("polarity") == polarity).sum()

    exact = (
        combined.group_by("claim_id")
        .agg(for_it=of("asserted"), against=of("negated"), guessed=of("speculative"))
        .select(
            "claim_id",
            confidence=pl.when(pl.col("for_it") > 0).then("for_it").otherwise(SPECULATION * pl.col("guessed"))
            * (1 - pl.col("against") / 2),
        )
    )
    # Rounded as Python rounds: Polars multiplies first, and has another second digit for some.
    values = exact["confidence"].unique()
    in_python = pl.Series([round(value, 2) for value in values.to_list()], dtype=pl.Float64)
    rounded = pl.DataFrame({"confidence": values, "rounded": in_python})
    return exact.join(rounded, on="confidence").select("claim_id", confidence="rounded")
