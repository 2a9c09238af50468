"""Reading YAML that comes with the package or that its user writes for it; strangers' is `kg.harvest._yaml`'s."""

from __future__ import annotations

from typing import Any, Final

import yaml

#: Both are safe loaders; the one in C, which not every platform's wheel has, is ten times as fast.
SAFE_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
    return yaml.load(text, Loader=SAFE_LOADER)  # noqa: S506 - a safe loader
