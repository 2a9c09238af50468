"""Pairs in sentences, as JSON lines, and what the judge says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from kg.claims.judge import judge
from kg.errors import ClaimError

_MEND = 'one JSON object a line: {"pair", "sentence", "subject": {"start", "end"}, "object": {"start", "end"}}'


def judge_pairs(lines: Iterable[str], where: str) -> Iterator[dict[str, str | None]]:
    """Judge the pairs of a file of JSON lines.

    Parameters
    ----------
    lines : iterable of str
        One JSON object each, with ``pair`` (a name), ``sentence``, and for ``subject`` and ``object`` the
        offsets ``start`` and ``end`` in code points. Empty lines are skipped; other keys are ignored.
    where : str
        The file's name, for errors.

    Yields
    ------
    dict
        ``pair``, ``label`` (asserted, negated, speculative or none), ``direction``, ``trigger``, ``species``.

    Raises
    ------
    ClaimError
        Naming the line, if it is no such object.

    Examples
    --------
    >>> line = '{"pair": "1", "sentence": "Gliosis causes pain.", '
    >>> line += '"subject": {"start": 0, "end": 7}, "object": {"start": 15, "end": 19}}'
    >>> next(judge_pairs([line], "pairs.jsonl"))["direction"]
    'contributes_to'
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _judged(line, f"{where}:{number}")


def _judged(line: str, where: str) -> dict[str, str | None]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ClaimError(f"no JSON: {error.msg}", where, _MEND) from error
    if not isinstance(row, dict) or not isinstance(row.get("sentence"), str) or "pair" not in row:
        raise ClaimError("no pair with its sentence", where, _MEND)
    sentence = row["sentence"]
    found = judge(sentence, _span(row, "subject", sentence, where), _span(row, "object", sentence, where))
    return {
        "pair": str(row["pair"]),
        "label": found.polarity.value if found else "none",
        "direction": found.direction if found else "unspecified",
        "trigger": sentence[found.start : found.end].strip() if found else "",
        "species": found.species if found else None,
    }


def _span(row: dict[str, Any], key: str, sentence: str, where: str) -> tuple[int, int]:
    end_points = row.get(key)
    start, end = (end_points.get("start"), end_points.get("end")) if isinstance(end_points, dict) else (None, None)
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(sentence)):
        raise ClaimError(f"{key!r} has no offsets within its sentence of {len(sentence)} characters", where, _MEND)
    return start, end
