"""Checking the parameters of a query before it is run."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from kg.errors import QueryError


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
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise QueryError(
                f"the parameter ${name} has a value that can't be passed: {error}",
                "query",
                "give text, numbers, true, false, null, or lists and maps of these",
            ) from error
    missing = sorted(set(wanted) - set(params))
    if missing:
        raise QueryError(
            f"the parameter ${missing[0]} has no value",
            "query",
            f"give it with --param {missing[0]}=…",
            missing=missing,
        )
    return dict(params)
