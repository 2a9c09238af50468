"""Vocabularies: read them, pin them, pull them, look terms up."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kg.ontology.load import load_vocabulary, vocabulary_fingerprint
from kg.ontology.sources import Pulled, SourceRow, list_sources
from kg.ontology.vocabulary import Vocabulary, infores_of

if TYPE_CHECKING:
    from kg.ontology.upgrade import ReleaseDiff, TermChange, preview, pull

__all__ = [
    "Pulled",
    "ReleaseDiff",
    "SourceRow",
    "TermChange",
    "Vocabulary",
    "infores_of",
    "list_sources",
    "load_vocabulary",
    "preview",
    "pull",
    "vocabulary_fingerprint",
]

#: What fetches releases, and with them an HTTP library that nothing else here needs: imported when it is asked for.
_FETCHING = frozenset({"ReleaseDiff", "TermChange", "preview", "pull"})


def __getattr__(name: str) -> Any:
    if name in _FETCHING:
        return getattr(import_module("kg.ontology.upgrade"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
