"""The archive's listing of dandisets, read whole though it changes while it is paged.

The listing is ordered by when the newest version of each dandiset was modified, the last first. A change
moves a dandiset to the front, so that pages shift: an item can come twice, and one can slip from a page
not yet read to one that has been. A deletion shifts them the other way. So a pass over the pages counts
only if, at its end, the count and the first item are what they were at its start; else there is another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from kg.harvest.live.clock import seconds_of

#: Passes over a listing that keeps changing, before it is taken as it is and the run as incomplete.
_MOST_PASSES: Final = 5


class ListedVersion(NamedTuple):
    """A version as a listing has it."""

    version: str
    modified: str | None


class Listed(NamedTuple):
    """A dandiset as a listing has it."""

    identifier: str
    draft: ListedVersion | None
    published: ListedVersion | None
    #: By what the listing is ordered, in seconds; None where the listing doesn't say.
    order: float | None


class Listing(NamedTuple):
    """What the passes over the pages gave."""

    found: dict[str, Listed]
    #: How many the archive says there are; None where it doesn't.
    total: int | None
    #: Whether nothing changed during the last pass, so that nothing can be missing.
    is_stable: bool
    #: Whether the pages were read to the end.
    is_full: bool
    #: Entries that name no dandiset.
    nameless: int = 0


class _Page(NamedTuple):
    entries: list[Listed]
    nameless: int
    total: int | None
    has_next: bool


#: Asks for a page: its number from 1, and its size (None: as usual); None where there is no such page.
FetchPage = Callable[[int, int | None], Mapping[str, Any] | None]


def fault_of_page(document: object) -> str | None:
    """Say why a document is no page of a listing; None if it is one."""
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        return "it is no page of a listing"
    # One entry that names nothing is noted and left out; a page of nothing else is something else.
    if document["results"] and not any(_identifier(entry) for entry in document["results"]):
        return "it lists nothing that has an identifier"
    return None


def read_listing(fetch: FetchPage, *, stop_before: float | None) -> Listing:
    """Read the listing, until its items are older than a moment, or to its end.

    Parameters
    ----------
    fetch : FetchPage
        Gives a page that `fault_of_page` finds no fault with.
    stop_before : float or None
        Seconds since 1970; None reads all.

    Returns
    -------
    Listing
        Each dandiset once, the last modified first.
    """
    found: dict[str, Listed] = {}
    count, is_full, is_stable, nameless = None, False, False, 0
    for _ in range(_MOST_PASSES):
        seen, nameless, count, pages, is_full, is_steady = _pass(fetch, stop_before)
        found = {**found, **seen}
        # Ties in the order may fall differently on two pages: the count shows it even if nothing changed.
        is_whole = not is_full or count is None or len(seen) + nameless == count
        if pages > 1 and is_steady:
            is_steady = _first_of(fetch) == (count, next(iter(seen), None))
        is_stable = is_steady and is_whole
        if is_stable:
            break
    ordered = sorted(found.values(), key=lambda item: (-(item.order or float("inf")), item.identifier))
    return Listing({item.identifier: item for item in ordered}, count, is_stable, is_full, nameless)


def _pass(fetch: FetchPage, stop_before: float | None) -> tuple[dict[str, Listed], int, int | None, int, bool, bool]:
    seen: dict[str, Listed] = {}
    count: int | None = None
    nameless = 0
    number, is_steady = 0, True
    while True:
        number += 1
        document = fetch(number, None)
        if document is None:  # the listing has become shorter than it was
            return seen, nameless, count, number, True, number == 1
        page = _parse(document)
        if number == 1:
            count = page.total
        elif page.total is not None and page.total != count:
            is_steady = False
        nameless += page.nameless
        for item in page.entries:
            is_steady &= item.identifier not in seen
            seen[item.identifier] = item
        if not page.has_next or not page.entries:
            return seen, nameless, count, number, True, is_steady
        last = page.entries[-1].order
        if stop_before is not None and last is not None and last < stop_before:
            return seen, nameless, count, number, False, is_steady


def _first_of(fetch: FetchPage) -> tuple[int | None, str | None]:
    document = fetch(1, 1)
    if document is None:
        return None, None
    page = _parse(document)
    return page.total, page.entries[0].identifier if page.entries else None


def parse_dandiset_entry(document: Mapping[str, Any]) -> Listed:
    """Read a dandiset's own document, which has the form of a listing's entry."""
    return _listed(document)


def _parse(document: Mapping[str, Any]) -> _Page:
    count = document.get("count")
    entries = [_listed(entry) for entry in document["results"] if _identifier(entry)]
    return _Page(
        entries,
        len(document["results"]) - len(entries),
        count if isinstance(count, int) else None,
        bool(document.get("next")),
    )


def _identifier(entry: object) -> str | None:
    raw = entry.get("identifier") if isinstance(entry, dict) else None
    text = raw.removeprefix("DANDI:") if isinstance(raw, str) else ""
    return text if len(text) == 6 and text.isdecimal() else None


def _listed(entry: Mapping[str, Any]) -> Listed:
    draft, published = entry.get("draft_version"), entry.get("most_recent_published_version")
    versions = [version for version in (draft, published) if isinstance(version, dict)]
    newest = max(versions, key=lambda version: _seconds(version.get("created")) or 0.0, default=entry)
    return Listed(
        identifier=_identifier(entry) or "",
        # An archive that tells less of a dandiset has a draft of it nevertheless.
        draft=_version(draft, "draft") or (ListedVersion("draft", None) if not versions else None),
        published=_version(published, None),
        order=_seconds(newest.get("modified")),
    )


def _version(raw: object, name: str | None) -> ListedVersion | None:
    if not isinstance(raw, dict):
        return None
    version, modified = raw.get("version", name), raw.get("modified")
    if not isinstance(version, str) or not version.replace(".", "").isalnum():
        return None
    return ListedVersion(version, modified if isinstance(modified, str) else None)


def is_older(one: object, other: object) -> bool:
    """Tell whether one stamp is older than another, by more than rounding; where one is none, nobody knows."""
    first, second = _seconds(one), _seconds(other)
    return first is not None and second is not None and second - first > 1


def _seconds(raw: object) -> float | None:
    try:
        return seconds_of(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
