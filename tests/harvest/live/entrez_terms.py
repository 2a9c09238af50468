"""The part of PubMed's query language that harvesters write: AND, OR, NOT, parentheses, fields, date ranges."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Mapping

from tests.harvest.live.synthetic import Article

_TOKEN = re.compile(
    r'\s*(?:(\()|(\))|(AND|OR|NOT)\b|("[^"]*"(?:\[[\w ]+\])?|[^\s()"]+(?:\s+(?!AND\b|OR\b|NOT\b)[^\s()"]+)*))'
)
_RANGE = re.compile(r'^"?([\d/]+)"?\[(\w+)\]\s*:\s*"?([\d/]+)"?\[(\w+)\]$')
_FIELDED = re.compile(r"^(.*?)\[([\w ]+)\]$", re.DOTALL)
DATE_FIELDS = {
    "edat": "entered",
    "crdt": "entered",
    "pdat": "entered",
    "dp": "entered",
    "mdat": "revised",
    "lr": "revised",
}


class PhraseNotFoundError(Exception):
    """A word that no record has; PubMed then leaves it out and says so."""


def parse_date(text: str, *, last: bool = False) -> datetime.date:
    """Read 2020, 2020/03 or 2020/03/09; the last day of it where it is an end."""
    parts = [int(part) for part in text.strip('" ').split("/")]
    year, month, day = (*parts, *([12, 31] if last else [1, 1])[len(parts) - 1 :])
    while True:
        try:
            return datetime.date(min(year, 9999), month, day)
        except ValueError:
            day -= 1


def search(
    term: str, articles: Mapping[int, Article], sets: Mapping[str, Collection[int]]
) -> tuple[set[int], list[str]]:
    """Answer a query.

    Returns
    -------
    pmids : set of int
        What it matches.
    missing : list of str
        Phrases that nothing has.
    """
    # A range is one token, so that its colon needs no grammar.
    ranges: list[str] = []

    def lift(match: re.Match[str]) -> str:
        ranges.append(match[0])
        return f" RANGE{len(ranges) - 1}[range] "

    text = re.sub(r'"?[\d/]+"?\[\w+\]\s*:\s*"?[\d/]+"?\[\w+\]', lift, term)
    tokens = [next(part for part in match if part).strip() for match in _TOKEN.findall(text) if any(match)]
    missing: list[str] = []
    position = 0

    def expression() -> set[int]:
        nonlocal position
        found = operand()
        while position < len(tokens) and tokens[position] != ")":
            operator = tokens[position]
            if operator in ("AND", "OR", "NOT"):
                position += 1
            else:
                operator = "AND"  # words side by side
            right = operand()
            found = (
                found & right if operator == "AND" else found | right if operator == "OR" else found - right
            )
        return found

    def operand() -> set[int]:
        nonlocal position
        token = tokens[position] if position < len(tokens) else ""
        position += 1
        if token == "(":
            found = expression()
            position += 1
            return found
        return match_one(token)

    def match_one(token: str) -> set[int]:
        if token.startswith("#") and token[1:] in sets:
            return set(sets[token[1:]])
        fielded = _FIELDED.match(token)
        value, name = (
            (fielded[1].strip().strip('"'), fielded[2].lower()) if fielded else (token.strip('"'), "all")
        )
        if name == "range":
            bounds = _RANGE.match(ranges[int(value.removeprefix("RANGE"))])
            assert bounds is not None
            low, high = parse_date(bounds[1]), parse_date(bounds[3], last=True)
            return {
                pmid
                for pmid, item in articles.items()
                if low <= getattr(item, DATE_FIELDS[bounds[2].lower()]) <= high
            }
        found = {pmid for pmid, item in articles.items() if _has(item, value, name)}
        if not found and value:
            missing.append(value)
        return found

    return (expression() if tokens else set()), missing


def _has(item: Article, value: str, name: str) -> bool:
    if name in ("uid", "pmid"):
        return value.isdecimal() and item.pmid == int(value)
    if name in ("aid", "doi", "lid"):
        return value.lower() in {(item.doi or "").lower(), *(doi.lower() for doi in item.found_by)} - {""}
    if name in DATE_FIELDS:
        low, high = parse_date(value), parse_date(value, last=True)
        return bool(low <= getattr(item, DATE_FIELDS[name]) <= high)
    text = f"{item.title} {item.abstract}".lower()
    return value.lower() in text or (name == "all" and value == str(item.pmid))
