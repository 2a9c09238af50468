"""Which claims a denial speaks against: those of the same two things, however they are worded.

"S was not associated with O" is evidence of one claim, "S contributes to O" of another, and yet one sentence speaks
against what the other says. So a sentence that denies a relation of two things is filed as evidence against each
asserted claim of the same two, of whatever predicate, source or species. Three pairs are left apart: to deny that S
protects from O doesn't deny that it contributes to it, nor the other way round; and whether S models O, or where S
takes place, is denied only by a sentence about that.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from kg.model import ClaimKind, Evidence, Method, Polarity, Predicate

#: Predicates that only a denial of themselves speaks against, and that deny nothing else.
_APART: Final = (Predicate.MODEL_OF.value, Predicate.OCCURS_IN.value)
_OPPOSITES: Final = (Predicate.CONTRIBUTES_TO.value, Predicate.PROTECTS_FROM.value)


def with_denials(claims: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """File each denial with every asserted claim that it speaks against.

    Parameters
    ----------
    claims, evidence : polars.DataFrame
        The parts of `kg.graph.facts`, each row once.

    Returns
    -------
    polars.DataFrame
        The evidence, and behind it the added rows: the same quotes with the other claims' ids.
    """
    found = claims.filter(pl.col("kind") == ClaimKind.BIOLOGICAL.value).select(
        "subject", "object", "predicate", claim_id="id"
    )
    polarity = pl.col("polarity")
    denials = evidence.filter(polarity == Polarity.NEGATED.value).join(found, on="claim_id")
    held = found.join(
        evidence.filter(polarity == Polarity.ASSERTED.value).select("claim_id"), on="claim_id", how="semi"
    )
    denied, said = pl.col("predicate"), pl.col("said")
    is_apart = denied.is_in(_APART) | said.is_in(_APART)
    is_opposite = denied.is_in(_OPPOSITES) & said.is_in(_OPPOSITES)
    against = denials.join(held.rename({"claim_id": "other", "predicate": "said"}), on=["subject", "object"]).filter(
        (denied == said) | ~(is_apart | is_opposite), pl.col("claim_id") != pl.col("other")
    )
    if against.is_empty():
        return evidence
    added = against.with_columns(claim_id="other").select(evidence.columns)
    ids = [_id_of(row) for row in added.iter_rows(named=True)]
    added = added.with_columns(id=pl.Series(ids, dtype=pl.String)).join(evidence, on="id", how="anti")
    return pl.concat([evidence, added.unique("id", keep="first", maintain_order=True)])


def _id_of(row: dict[str, object]) -> str:
    parts = {name: row[name] for name in ("claim_id", "record_id", "section", "start", "end", "quote")}
    piece = Evidence.model_validate(
        {**parts, "polarity": Polarity(str(row["polarity"])), "method": Method(str(row["method"]))}
    )
    return piece.id
