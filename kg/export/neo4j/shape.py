"""The labels, relationship types and properties that are published, by their names."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from kg.model.claim import Predicate
from kg.model.schema import AUDIT_EDGES, EDGE_PROPERTIES, NODE_TYPES

#: Every label and its properties, the id first.
NODE_PROPERTIES: Final[dict[str, tuple[str, ...]]] = {
    str(label): tuple(p.name for p in node.properties) for label, node in NODE_TYPES.items()
}
_ENDS: Final = ("subject", "object")
#: Every relationship type and its columns: the ends, then its properties; ``claim_id`` is the first of them.
EDGE_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    **{str(predicate): (*_ENDS, *(p.name for p in EDGE_PROPERTIES)) for predicate in Predicate},
    **dict.fromkeys(AUDIT_EDGES, _ENDS),
}


def schema_fingerprint() -> str:
    """Hash of the labels, types and properties: a server that was published to with others is read anew."""
    return hashlib.sha256(json.dumps([NODE_PROPERTIES, EDGE_COLUMNS]).encode()).hexdigest()[:16]
