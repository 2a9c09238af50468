"""Dataset links: a flat view of a build's resource claims, one row a dataset and term."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from kg.claims.kinds import LinkKind
from kg.model import ClaimStatus, Predicate
from kg.model.schema import LABEL_OF_CATEGORY, Label

if TYPE_CHECKING:
    import polars as pl

_TYPE: Final[dict[str, str]] = {
    label.value: category.value for category, label in LABEL_OF_CATEGORY.items() if label is not Label.TECHNIQUE
}
_KIND: Final = {
    Predicate.RECORDS_FROM: LinkKind.RECORDED,
    Predicate.TARGETS_CELL_TYPE: LinkKind.RECORDED,
    Predicate.STUDIES_SPECIES: LinkKind.STUDIED,
    Predicate.RELEVANT_TO: LinkKind.STUDIED,
    Predicate.MENTIONS: LinkKind.MENTIONED,
}
#: Types that have rows only where the dataset has them itself: a species named in passing links nothing.
_OWN_ONLY: Final = frozenset({"species", "mechanism"})
_LINK_KIND: Final = re.compile(r"^link_kind=(.+)$")
_ORDER: Final = list(LinkKind)


def links_of(claims: pl.DataFrame, nodes: pl.DataFrame) -> list[dict[str, Any]]:
    """List what each dataset is linked to, and how.

    Parameters
    ----------
    claims : polars.DataFrame
        A build's claims.
    nodes : polars.DataFrame
        Its nodes, for labels and equivalent ids.

    Returns
    -------
    list of dict
        ``dataset``, ``type`` (region, cell_type, species, disease, mechanism), ``id``, ``kind``
        (recorded, mentioned, studied, negated, control_only) and ``xrefs``; sorted, one row a
        dataset and term with the strongest kind.
    """
    labels = dict(nodes.select("id", "label").iter_rows())
    xrefs = dict(nodes.select("id", "xrefs").iter_rows())
    rows: dict[tuple[str, str, str], LinkKind] = {}
    columns = ("subject", "predicate", "object", "status", "qualifiers")
    for subject, name, curie, status, qualifiers in claims.select(columns).iter_rows():
        predicate = Predicate(name)
        link_type = _TYPE.get(labels.get(curie, ""))
        if predicate not in _KIND or link_type is None or labels.get(subject) != Label.DATASET:
            continue
        kind = _kind(predicate, status, qualifiers or [])
        if kind is None or (link_type in _OWN_ONLY and kind not in (LinkKind.STUDIED, LinkKind.RECORDED)):
            continue
        key = (subject, link_type, curie)
        rows[key] = min(rows.get(key, kind), kind, key=_ORDER.index)
    return [
        {
            "dataset": subject,
            "type": link_type,
            "id": curie,
            "kind": kind.value,
            "xrefs": list(xrefs.get(curie) or []),
        }
        for (subject, link_type, curie), kind in sorted(rows.items())
    ]


def _kind(predicate: Predicate, status: str, qualifiers: list[str]) -> LinkKind | None:
    if status == ClaimStatus.NEGATED:
        return LinkKind.NEGATED
    if status == ClaimStatus.SPECULATIVE:
        return LinkKind.MENTIONED
    for qualifier in qualifiers:
        if found := _LINK_KIND.match(qualifier):
            return LinkKind(found[1])
    # Named in passing beside a more specific term that the dataset is linked to.
    return None if any(q.startswith("covered_by=") for q in qualifiers) else _KIND[predicate]
