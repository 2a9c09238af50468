"""Sum up a listing of assets: which subjects, species, approaches, techniques and variables it names.

A listing can have 100,000 assets of several kilobytes; what a graph wants of it fits on a page. The
summary is the same whatever the order of the assets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: Most distinct values of a kind that a summary names; it counts the rest.
_MOST: Final = 2000
#: Samples are derived from samples; no real chain is this long.
_DEEPEST: Final = 8

#: Lists of names with identifiers, in an asset's metadata.
_TERM_FIELDS: Final = ("approach", "measurementTechnique", "variableMeasured")


class AssetSummary:
    """Counts what the assets of one version say; `result` gives it as JSON values."""

    def __init__(self) -> None:
        self._assets: set[str] = set()
        self._size_bytes = 0
        self._without_metadata = 0
        self._terms: dict[str, Counter[tuple[str, str]]] = {}
        self._subjects: dict[str, dict[str, str]] = {}
        self._formats: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many assets there are, each once."""
        return len(self._assets)

    def add(self, asset: Mapping[str, Any]) -> None:
        """Take one entry of a listing; one that came before is left out."""
        key = str(asset.get("asset_id") or asset.get("path") or asset.get("identifier"))
        if key in self._assets:
            return
        self._assets.add(key)
        size = asset.get("size")
        metadata = asset.get("metadata")
        if not isinstance(metadata, dict):
            self._without_metadata += 1
            metadata = {}
        size = size if isinstance(size, int) else metadata.get("contentSize")
        self._size_bytes += size if isinstance(size, int) and not isinstance(size, bool) else 0
        if isinstance(metadata.get("encodingFormat"), str):
            self._formats[metadata["encodingFormat"]] += 1
        for name in _TERM_FIELDS:
            self._count(name, metadata.get(name))
        for subject in _dicts(metadata.get("wasAttributedTo")):
            self._count("species", [subject.get("species")])
            self._count("disorder", subject.get("disorder"))
            self._subject(subject)
        for sample in _samples(metadata.get("wasDerivedFrom"), _DEEPEST):
            self._count("anatomy", sample.get("anatomy"))
            self._count("sampleType", [sample.get("sampleType")])

    def _count(self, name: str, values: object) -> None:
        counter = self._terms.setdefault(name, Counter())
        for value in values if isinstance(values, list) else [values]:
            found = _term(value)
            if found is not None:
                counter[found] += 1

    def _subject(self, subject: Mapping[str, Any]) -> None:
        identifier = subject.get("identifier")
        if not isinstance(identifier, str) or subject.get("schemaKey", "Participant") != "Participant":
            return
        known = self._subjects.setdefault(identifier, {})
        for field, value in (("species", subject.get("species")), ("sex", subject.get("sex"))):
            name = _term(value)
            if name is not None:
                known[field] = max(known.get(field, ""), name[0] or name[1])
        for field in ("genotype", "strain"):
            value = subject.get(field)
            if isinstance(value, str) and value.strip():
                known[field] = max(known.get(field, ""), value)

    def result(self) -> dict[str, Any]:
        """Give the summary."""
        subjects = sorted(self._subjects.items())
        return {
            "numberOfFiles": self.count,
            "numberOfBytes": self._size_bytes,
            "numberOfSubjects": len(subjects),
            "withoutMetadata": self._without_metadata,
            "encodingFormats": dict(sorted(self._formats.items())),
            **{name: _ranked(counter) for name, counter in sorted(self._terms.items()) if counter},
            "subjects": [{"identifier": identifier, **facts} for identifier, facts in subjects[:_MOST]],
        }


def _ranked(counter: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    return [
        {**({"name": name} if name else {}), **({"identifier": curie} if curie else {}), "assets": number}
        for (name, curie), number in ranked
    ]


def _term(value: object) -> tuple[str, str] | None:
    """Give the name and identifier of an entry: a text, a term, or a property with a value."""
    if isinstance(value, str):
        return (value.strip(), "") if value.strip() else None
    if not isinstance(value, dict):
        return None
    name, curie = value.get("name") or value.get("value"), value.get("identifier")
    found = (name.strip() if isinstance(name, str) else "", curie.strip() if isinstance(curie, str) else "")
    return found if any(found) else None


def _dicts(values: object) -> Iterator[Mapping[str, Any]]:
    yield from (value for value in (values if isinstance(values, list) else []) if isinstance(value, dict))


def _samples(values: object, depth: int) -> Iterator[Mapping[str, Any]]:
    for sample in _dicts(values):
        yield sample
        if depth:
            yield from _samples(sample.get("wasDerivedFrom"), depth - 1)
