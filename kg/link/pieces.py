"""Very long texts in pieces, so that linking them takes little memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: Longest stretch that is linked at once.
LONGEST_PIECE: Final = 1 << 20


def cut_text(text: str, longest: int = LONGEST_PIECE) -> Iterator[tuple[int, str]]:
    """Cut a text at line ends, sentence ends or blanks, whichever the last stretch of a piece has.

    Parameters
    ----------
    text : str
        Any text.
    longest : int, default 2 ** 20
        Most code points in a piece.

    Yields
    ------
    (int, str)
        Where a piece begins, and the piece; joined, they are the text.

    Examples
    --------
    >>> list(cut_text("one two three", 8))
    [(0, 'one two '), (8, 'three')]
    """
    start = 0
    while start < len(text) or not text:
        end = start + longest
        if end < len(text):
            cut = max(text.rfind("\n", start, end), text.rfind(". ", start, end)) + 1
            cut = cut or text.rfind(" ", start, end) + 1
            end = cut if cut > start else end
        yield start, text[start:end]
        start = end
        if not text:
            return
