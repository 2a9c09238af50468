"""Reading YAML that comes with the package or that its user writes for it; for strangers' there is `kg.harvest`."""

from __future__ import annotations

from typing import Any, Final

import yaml

#: Both are safe loaders; the one in C, which not every platform's wheel has, is ten times as fast.
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_own_yaml(text: str) -> Any:
    """Load one YAML document.

    Parameters
    ----------
    text : str
        The document.

    Returns
    -------
    object
        Mappings, lists, texts, numbers, dates.

    Raises
    ------
    yaml.YAMLError
        If it is none, with the place as ``problem_mark``.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
