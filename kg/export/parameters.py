"""Checking the parameters of a query before it is run."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, Final

from kg.errors import QueryError

#: Integers that both engines have.
_LEAST: Final = -(1 << 63)
_MOST: Final = (1 << 63) - 1
_DEEPEST: Final = 100


def check_parameters(params: Mapping[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    """Check that there is a value for each parameter of a query, and that JSON has it.

    Parameters
    ----------
    params : mapping of str to any
        Values by name.
    wanted : collection of str
        Names that the query uses.

    Returns
    -------
    dict of str to any
        The values.

    Raises
    ------
    QueryError
        If a parameter has no value, or one that can't be passed.

    Examples
    --------
    >>> check_parameters({}, {"id"})
    Traceback (most recent call last):
    kg.errors.QueryError: query: the parameter $id has no value
      mend: give it with --param id=…
    """
    for name, value in params.items():
        if fault := _fault(value):
            raise QueryError(
                f"the parameter ${name} has a value that can't be passed: {fault}",
                "query",
                "give text, numbers, true, false, null, or lists and maps of these",
            )
    missing = sorted(set(wanted) - set(params))
    if missing:
        raise QueryError(
            f"the parameter ${missing[0]} has no value",
            "query",
            f"give it with --param {missing[0]}=…",
            missing=missing,
        )
    return dict(params)


def _fault(value: Any, depth: int = 0) -> str:
    """Say why a value can't be passed to both engines; nothing if it can."""
    if depth > _DEEPEST:
        return f"it is nested deeper than {_DEEPEST} times, or holds itself"
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return "" if _LEAST <= value <= _MOST else "a number needs more than 64 bits; give it as text"
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"{value} is no number that JSON has"
    if isinstance(value, str):
        lone = next((character for character in value if "\ud800" <= character <= "\udfff"), None)
        return f"{lone!r} is half of a character, or a byte that is no UTF-8" if lone else ""
    if isinstance(value, Mapping):
        if strange := [key for key in value if not isinstance(key, str)]:
            return f"the key {strange[0]!r} is no text"
        return next(filter(None, (_fault(part, depth + 1) for part in (*value, *value.values()))), "")
    if isinstance(value, list | tuple):
        return next(filter(None, (_fault(item, depth + 1) for item in value)), "")
    return f"a {type(value).__name__} is none of JSON's"
