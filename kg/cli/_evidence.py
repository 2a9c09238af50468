"""Evidence as lines of text: the quote, where it stands, who says it, and the way there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kg.model import Polarity, iri_of

#: What the evidence of a polarity is to its claim, in the order in which it is shown.
SIDES: Final = {Polarity.ASSERTED: "for", Polarity.NEGATED: "against", Polarity.SPECULATIVE: "unsure"}
#: A record's text must not order the terminal about: control characters become the signs that picture them.
_PICTURES: Final[dict[int, int | str]] = {
    **{code: 0x2400 + code for code in range(32)},
    0x0A: " ",
    0x09: " ",
    0x0D: " ",
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD),
}


def plain(text: str) -> str:
    """Give a text that is one line and orders no terminal about."""
    return text.translate(_PICTURES)


def quote_lines(pieces: Iterable[Mapping[str, Any]], *, indent: str = "  ") -> Iterator[str]:
    """Write pieces of evidence, for first, then against, then those that are unsure.

    Parameters
    ----------
    pieces : iterable of mapping
        Rows of the table ``evidence``, or as much of one as is known.
    indent : str
        Before every line.
    """
    rows = list(pieces)
    for polarity, side in SIDES.items():
        for row in rows:
            if row["polarity"] != polarity.value:
                continue
            yield f"{indent}{side + ':':<8} “{plain(row['quote'])}”"
            yield f"{indent}{'':<8} {_address(row)}"


def _address(row: Mapping[str, Any]) -> str:
    link = iri_of(row["record_id"])
    parts = [f"{row['record_id']}#{row['section']} {row['start']}–{row['end']}"]
    if row.get("via"):
        parts.append(f"through {row['via']}")
    parts += [
        word for word in (row.get("study"), _in(row.get("system")), row.get("method"), row.get("eco")) if word
    ]
    if link and not row["record_id"].startswith(("wiki:", "mechanism:", "infores:")):
        parts.append(link)
    if row.get("cited"):
        parts.append(
            "citing " + ", ".join(f"{curie} {iri_of(curie) or ''}".strip() for curie in row["cited"])
        )
    return " · ".join(plain(part) for part in parts)


def _in(system: str | None) -> str | None:
    return f"in {system}" if system else None
