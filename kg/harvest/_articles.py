"""What PubMed XML and MEDLINE share: titles, dates, addresses."""

from __future__ import annotations

import datetime
import re
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR: Final = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
_MONTH: Final = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]*\b", re.IGNORECASE)
_DAY: Final = re.compile(r"\b(\d{1,2})\b")


def article_url(pmid: str) -> str:
    """Give the address of an article in PubMed."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"


def unbracket_title(title: str) -> str:
    """Take off the brackets that PubMed puts around a title that it translated.

    Examples
    --------
    >>> unbracket_title("[Sleep spindles in the aged rat].")
    'Sleep spindles in the aged rat.'
    >>> unbracket_title("[18F]FDG uptake in the hippocampus.")
    '[18F]FDG uptake in the hippocampus.'
    """
    match = re.fullmatch(r"\[(.*)\]([.?!]?)", title)
    if not match:
        return title
    depth = 0
    for character in match[1]:
        depth += (character == "[") - (character == "]")
        if depth < 0:  # the first bracket closes before the last: "[a] and [b]"
            return title
    inner = match[1].strip()
    return inner if inner.endswith((".", "?", "!")) else inner + match[2]


def iso_date(year: str | None, month: str | None = None, day: str | None = None) -> str | None:
    """Give a date as precisely as it is known.

    Parameters
    ----------
    year, month, day : str or None
        As PubMed has them: the month as a number or a name.

    Returns
    -------
    str or None
        ``2021``, ``2021-03`` or ``2021-03-09``; None without a year.

    Examples
    --------
    >>> iso_date("1975", "Jun"), iso_date("2021", "02", "31"), iso_date("2020", "Spring")
    ('1975-06', '2021-02', '2020')
    """
    if not year or not _YEAR.fullmatch(year.strip()):
        return None
    number = _month_number(month)
    if number is None:
        return year.strip()
    if day and day.strip().isdecimal():
        try:
            return datetime.date(int(year), number, int(day)).isoformat()
        except (ValueError, OverflowError):
            return f"{year.strip()}-{number:02}"  # 31 February: the month is what is known
    return f"{year.strip()}-{number:02}"


def _month_number(month: str | None) -> int | None:
    text = (month or "").strip()
    if text.isdecimal() and len(text) <= 2:
        return int(text) if 1 <= int(text) <= 12 else None
    head = text[:3].lower()
    return _MONTHS.index(head) + 1 if head in _MONTHS else None


def parse_medline_date(text: str) -> str | None:
    """Read a date in words, which may be a range or a season, by its beginning.

    Parameters
    ----------
    text : str
        ``2021 Jul 30``, ``1978 Jul-Sep``, ``1998 Dec-1999 Jan``, ``Spring 1998``.

    Returns
    -------
    str or None
        The first day, month or year of it; None where there is no year.

    Examples
    --------
    >>> [parse_medline_date(text) for text in ("1978 Jul-Sep", "1998 Spring", "2021 Jul 30", "2000 Nov 28-Dec 4")]
    ['1978-07', '1998', '2021-07-30', '2000-11-28']
    """
    year = _YEAR.search(text)
    if not year:
        return None
    rest = text[year.end() :]
    month = _MONTH.match(rest.lstrip())
    if not month:
        return year[1]
    after = rest.lstrip()[month.end() :]
    day = _DAY.match(after.lstrip()) if not after.startswith("-") else None
    return iso_date(year[1], month[1], day[1] if day else None)
