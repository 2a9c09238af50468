"""Which claims a denial speaks against: those of the same two things that it leaves no room for, however worded.

"S was not associated with O" is evidence of one claim, "S contributes to O" of another, and yet the one sentence
speaks against what the other says. So a sentence that denies a relation of two things is filed as evidence against
each asserted claim of the same two that `CONTESTED` names, of whatever source or species. To deny any association
denies all; to deny that S is altered in O denies that O alters it and that it plays a part; to deny that S causes O
leaves it altered there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from kg.model import ClaimKind, Polarity, Predicate
from kg.model.claim import evidence_id

_CAUSE, _HELP = Predicate.CONTRIBUTES_TO, Predicate.PROTECTS_FROM
_STATE, _EFFECT, _LINK = Predicate.AFFECTED_IN, Predicate.CONSEQUENCE_OF, Predicate.ASSOCIATED_WITH
#: What is denied -> what that speaks against. A predicate that is not here is denied by a denial of itself alone.
CONTESTED: Final[Mapping[Predicate, tuple[Predicate, ...]]] = {
    _LINK: (_LINK, _CAUSE, _HELP, _STATE, _EFFECT),
    _STATE: (_STATE, _EFFECT, _CAUSE, _LINK),
    _CAUSE: (_CAUSE, _LINK),
    _HELP: (_HELP, _LINK),
    _EFFECT: (_EFFECT, _LINK),
}
_PAIRS: Final = pl.DataFrame(
    [(denied.value, said.value) for denied in Predicate for said in CONTESTED.get(denied, (denied,))],
    schema={"predicate": pl.String, "said": pl.String},
    orient="row",
)


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
    # Of a million pieces, those of findings are few: the texts of the others aren't touched.
    told = evidence.select("claim_id", "polarity").with_row_index("row").join(found, on="claim_id")
    rows = told.filter(pl.col("polarity") == Polarity.NEGATED.value)
    denials = evidence[rows["row"]].hstack(rows.select("subject", "object", "predicate"))
    held = told.filter(pl.col("polarity") == Polarity.ASSERTED.value).select(found.columns).unique("claim_id")
    against = (
        denials.join(_PAIRS, on="predicate")
        .join(held.rename({"claim_id": "other", "predicate": "said"}), on=["subject", "object", "said"])
        .filter(pl.col("claim_id") != pl.col("other"))
    )
    if against.is_empty():
        return evidence
    added = against.with_columns(claim_id="other").select(evidence.columns)
    key = ("claim_id", "record_id", "section", "start", "end", "quote", "polarity", "method")
    ids = [evidence_id(*row) for row in added.select(key).iter_rows()]
    added = added.with_columns(id=pl.Series(ids, dtype=pl.String))
    # Which of the few are there already: asked of the many, not the other way, no table of a million ids is made.
    there = evidence["id"].filter(evidence["id"].is_in(added["id"].implode()))
    added = added.filter(~pl.col("id").is_in(there.implode()))
    return pl.concat([evidence, added.unique("id", keep="first", maintain_order=True)], rechunk=True)
