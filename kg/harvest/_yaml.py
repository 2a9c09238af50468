"""YAML from strangers: no objects, no dates, no bombs, no deep nesting."""

from __future__ import annotations

from typing import Final

import yaml

from kg.errors import RecordError
from kg.model.own_yaml import SAFE_LOADER

#: A dandiset has 5 levels; libyaml's composer exhausts the C stack at some ten thousand.
MAX_DEPTH: Final = 100
#: Nodes that aliases may add to a document. PyYAML's dumper writes an alias for each repeated list.
MAX_EXPANSION: Final = 10_000


class _Loader(SAFE_LOADER):  # type: ignore[misc]
    """The safe loader, with dates left as the text that they are written as."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in SAFE_LOADER.yaml_implicit_resolvers.items()
}


def load_yaml(text: str) -> object:
    """Load one YAML document.

    Parameters
    ----------
    text : str
        The document.

    Returns
    -------
    object
        Of dict, list, str, int, float, bool and None.

    Raises
    ------
    RecordError
        If it is no YAML, nested too deeply, or its aliases would grow without measure; the message has
        the line.

    Examples
    --------
    >>> load_yaml("date: 2021-03-09")
    {'date': '2021-03-09'}
    """
    try:
        _check_events(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise RecordError(f"not valid YAML: {place}{error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise RecordError(f"not valid YAML: {error}") from error
    except (ValueError, RecursionError, OverflowError, TypeError, AttributeError) as error:
        # The constructors of numbers and mappings raise these: an integer of 5,000 digits, a list as a key.
        raise RecordError(f"not valid YAML: {error}") from error


def _check_events(text: str) -> None:
    """Count depth and expanded nodes before anything is composed."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total, expanded = 0, 0
    line = 0
    for event in yaml.parse(text, Loader=SAFE_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else line
        if isinstance(event, yaml.AliasEvent):
            size = sizes.get(event.anchor or "", 1)
            expanded, total = expanded + size, total + size
            if expanded > MAX_EXPANSION:
                raise RecordError(f"its aliases stand for more than {MAX_EXPANSION:,} nodes")
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            total += 1
            open_nodes.append((event.anchor, total))
            if len(open_nodes) > MAX_DEPTH:
                raise RecordError(f"nested more than {MAX_DEPTH} levels deep, at line {line}")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before + 1
