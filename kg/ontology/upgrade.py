"""What another release of a vocabulary would change, told before it is taken.

A release that loses many terms is refused: a cut file, a test file, or the file of another vocabulary parses as
well as any, and a linker that lacks nine terms in ten fails in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kg.errors import OntologyError
from kg.model import Relation
from kg.ontology.cellxgene import find_wheel_files, read_cellxgene
from kg.ontology.load import WHEEL_VOCABULARIES, is_mappings, read_release
from kg.ontology.pulling import pull as pull_unchecked
from kg.ontology.sources import Pin, Pulled, find_pulled

if TYPE_CHECKING:
    import requests

    from kg.config import KgConfig
    from kg.model.progress import Progress
    from kg.ontology.entry import Document

#: Largest share of its terms that a vocabulary may lose without a reason.
LARGEST_LOSS: Final = 0.2
ADDED, REMOVED, OBSOLETED, RENAMED = "added", "removed", "obsoleted", "renamed"
NAME_GONE, NAME_NEW = "synonym gone", "synonym new"
CHANGES = (ADDED, REMOVED, OBSOLETED, RENAMED, NAME_GONE, NAME_NEW)


class TermChange(NamedTuple):
    """A term that comes, goes or is called otherwise, or a name of a term that stays."""

    change: str
    curie: str
    before: str
    after: str
    #: Of an obsolete term, the one that takes its place.
    replaced_by: str = ""


class ReleaseDiff(NamedTuple):
    """How a release differs from what is in use."""

    name: str
    old_version: str
    new_version: str
    #: How many terms there are, obsolete ones apart.
    before: int
    after: int
    changes: tuple[TermChange, ...]
    #: How many synonyms the terms in use have.
    names_before: int = 0

    @property
    def lost(self) -> float:
        """Share of the terms in use that would be gone or obsolete, or of the synonyms of those that stay: the larger.

        Most text is found by synonyms: a release that has lost them is as bad as one that has lost its terms.
        """
        return max(self._lost_terms, self._lost_names)

    @property
    def loss(self) -> str:
        """What `lost` is a share of, in words."""
        what = "terms" if self._lost_terms >= self._lost_names else "synonyms"
        return f"{self.lost:.0%} of the {what} in use"

    @property
    def _lost_terms(self) -> float:
        return (self.count(REMOVED) + self.count(OBSOLETED)) / self.before if self.before else 0.0

    @property
    def _lost_names(self) -> float:
        return self.count(NAME_GONE) / self.names_before if self.names_before else 0.0

    def count(self, change: str) -> int:
        """Count the terms with a change."""
        return sum(row.change == change for row in self.changes)

    def __str__(self) -> str:
        told = ", ".join(f"{self.count(change):,} {change}" for change in CHANGES if self.count(change))
        return (
            f"{self.name} {self.old_version} → {self.new_version}: {self.before:,} → {self.after:,} terms"
            f" ({told or 'none changed'})"
        )


def pull(
    names: Iterable[str],
    config: KgConfig,
    *,
    accept: str | None = None,
    session: requests.Session | None = None,
    progress: Progress | None = None,
    told: Callable[[ReleaseDiff], object] | None = None,
) -> list[Pulled]:
    """Download pinned releases and take them into use, unless one loses too many terms.

    Parameters
    ----------
    names : iterable of str
        Names of pins; none means all that are marked as default.
    config : KgConfig
    accept : str, optional
        Why a release that loses many terms is taken all the same; it is recorded.
    session, progress
        As of `kg.ontology.pulling.pull`.
    told : callable, optional
        Given what each release changes.

    Returns
    -------
    list of Pulled
        What is in use now.

    Raises
    ------
    OntologyError
        If a release loses more than `LARGEST_LOSS` of the terms in use, or of their synonyms. What was in use stays,
        and so do the downloads: with a reason they are taken without another.
    """
    refused: list[ReleaseDiff] = []

    def check(name: str, pin: Pin, path: Path) -> bool:
        diff = compare(name, pin, path, config)
        if diff is None:
            return True
        if told is not None:
            told(diff)
        if diff.lost > LARGEST_LOSS and not accept:
            refused.append(diff)
            return False
        return True

    taken = pull_unchecked(names, config, session=session, progress=progress, check=check, accepted=accept)
    if refused:
        raise OntologyError(
            "; ".join(f"{diff} loses {diff.loss}" for diff in refused),
            "",
            "look at 'kg ontologies pull --upgrade'; if it is right, kg ontologies pull --accept 'the reason'",
            lost={diff.name: diff.lost for diff in refused},
        )
    return taken


def preview(
    names: Iterable[str],
    config: KgConfig,
    *,
    session: requests.Session | None = None,
    progress: Progress | None = None,
) -> list[ReleaseDiff]:
    """Download pinned releases, and say what taking them into use would change; nothing is.

    Returns
    -------
    list of ReleaseDiff
        None of the releases that are in use already.
    """
    found: list[ReleaseDiff] = []

    def check(name: str, pin: Pin, path: Path) -> bool:
        diff = compare(name, pin, path, config)
        if diff is not None:
            found.append(diff)
        return False

    pull_unchecked(names, config, session=session, progress=progress, check=check)
    return found


def compare(name: str, pin: Pin, path: Path, config: KgConfig) -> ReleaseDiff | None:
    """Compare a file with the release of its vocabulary that is in use.

    Parameters
    ----------
    name : str
        Name of the pin.
    pin : Pin
        What the file is to be.
    path : Path
        The file.
    config : KgConfig

    Returns
    -------
    ReleaseDiff or None
        None for mappings, which have no terms.
    """
    if is_mappings(path):
        return None
    prefix = WHEEL_VOCABULARIES.get(pin.replaces, "")
    after = read_release(path)
    before, version = _in_use(name, pin, prefix, config)
    old, new = _terms(before, prefix), _terms(after, prefix)
    successors = {entry.curie: entry.replaced_by or "" for entry in after.entries if entry.is_obsolete}
    if before is None:
        return ReleaseDiff(name, version, pin.version, len(old), len(new), ())
    kept = old.keys() & new.keys()
    names = _names(before, kept)
    changes = (*_changes(old, new, successors), *_renamings(names, _names(after, kept), new))
    return ReleaseDiff(
        name, version, pin.version, len(old), len(new), changes, names_before=sum(map(len, names.values()))
    )


def _in_use(name: str, pin: Pin, prefix: str, config: KgConfig) -> tuple[Document | None, str]:
    found = next((item for item in find_pulled(config) if item.name == name), None)
    if found is not None:
        return read_release(found.path), found.version
    if prefix:
        wheel = find_wheel_files()[prefix]
        document = read_cellxgene(wheel, prefix, typed={}, otherwise=Relation.IS_A)
        return document, f"{wheel.version.removeprefix('v')} (wheel)"
    return None, "absent"


def _terms(document: Document | None, prefix: str) -> dict[str, str]:
    """Give the terms of a release and their labels; of a release that imports its neighbours' terms, its own."""
    entries: tuple[Any, ...] = document.entries if document is not None else ()
    own = f"{prefix}:" if prefix else ""
    return {e.curie: e.label for e in entries if e.label and not e.is_obsolete and e.curie.startswith(own)}


def _changes(old: dict[str, str], new: dict[str, str], successors: dict[str, str]) -> Iterator[TermChange]:
    for curie in sorted({*old, *new}):
        before, after = old.get(curie, ""), new.get(curie, "")
        if not before:
            yield TermChange(ADDED, curie, "", after)
        elif not after:
            is_obsolete = curie in successors
            yield TermChange(
                OBSOLETED if is_obsolete else REMOVED, curie, before, "", successors.get(curie, "")
            )
        elif before != after:
            yield TermChange(RENAMED, curie, before, after)


def _names(document: Document, kept: Collection[str]) -> dict[str, dict[str, str]]:
    """Give the synonyms of the terms that stay, as they are written, by their case-folded form."""
    return {
        e.curie: {s.text.casefold(): s.text for s in e.synonyms if s.text.casefold() != e.label.casefold()}
        for e in document.entries
        if e.curie in kept and not e.is_obsolete
    }


def _renamings(
    old: dict[str, dict[str, str]], new: dict[str, dict[str, str]], labels: dict[str, str]
) -> Iterator[TermChange]:
    for curie in sorted({*old, *new}):
        before, after = old.get(curie, {}), new.get(curie, {})
        label = labels[curie].casefold()
        for name in sorted(before.keys() - after.keys() - {label}):
            yield TermChange(NAME_GONE, curie, before[name], "")
        for name in sorted(after.keys() - before.keys()):
            yield TermChange(NAME_NEW, curie, "", after[name])
