"""Mend what is mechanical: put the edits of findings into a page's bytes and leave all others as they are."""

from __future__ import annotations

from collections.abc import Iterable

from kg.wiki.findings import Edit
from kg.wiki.page import Page


def apply_edits(page: Page, edits: Iterable[Edit]) -> bytes:
    """Give a page's bytes with edits put in.

    Parameters
    ----------
    page : Page
        In UTF-8.
    edits : iterable of Edit
        Of two that touch the same text, the first stands and the other waits for the next run.

    Returns
    -------
    bytes
    """
    pieces: list[bytes] = []
    at, byte = 0, 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            continue
        start, end = page.byte_offset(edit.start), page.byte_offset(edit.end)
        pieces += [page.data[byte:start], edit.text.encode()]
        at, byte = edit.end, end
    return b"".join((*pieces, page.data[byte:]))
