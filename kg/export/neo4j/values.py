"""Turning the driver's values into plain Python, the same as the embedded engine's (`kg.export._values`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from neo4j.graph import Node, Path, Relationship
from neo4j.spatial import Point
from neo4j.time import Date, DateTime, Duration, Time

from kg.export.neo4j.statements import MARK
from kg.model.schema import ENTITY

_PLAIN: Final = (str, bool, int, float, type(None))


def find_ends(value: Any) -> Iterator[Node]:
    """Find the ends of relationships that came without their properties."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from find_ends(item)
    elif isinstance(value, Path):
        yield from find_ends(list(value.relationships))
    elif isinstance(value, Relationship):
        yield from (end for end in value.nodes if end is not None and not end.labels)


def to_plain(value: Any, end_id: Callable[[Node], Any]) -> Any:
    """Turn a value of a result into str, int, float, bool, None, list or dict.

    Parameters
    ----------
    value : object
        Of the driver.
    end_id : callable
        Gives the id of a relationship's end, whose properties the server may not have sent.

    Returns
    -------
    object
        Nodes without the mark that publishing puts on them; times and durations in ISO 8601.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Node):
        return _node(value, end_id)
    if isinstance(value, Relationship):
        return _relationship(value, end_id)
    if isinstance(value, Path):
        return {
            "nodes": [_node(node, end_id) for node in value.nodes],
            "relationships": [_relationship(each, end_id) for each in value.relationships],
        }
    if isinstance(value, Duration):  # a tuple too, so it comes first
        return value.iso_format()
    if isinstance(value, Point):
        return [float(number) for number in value]
    if isinstance(value, dict):
        return {str(key): to_plain(inner, end_id) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(inner, end_id) for inner in value]
    if isinstance(value, Date):
        return value.iso_format()
    if isinstance(value, DateTime):
        return f"{value.date().iso_format()}T{_clock(value)}"
    if isinstance(value, Time):
        return _clock(value)
    return str(value)


def _clock(value: DateTime | Time) -> str:
    """Write a time as Java does: no more digits than it needs, by threes, and Z for no offset."""
    text = f"{value.hour:02d}:{value.minute:02d}"
    if value.second or value.nanosecond:
        text += f":{value.second:02d}"
    if value.nanosecond:
        digits = f"{value.nanosecond:09d}"
        text += "." + (digits[:3] if digits.endswith("000000") else digits[:6] if digits.endswith("000") else digits)
    offset = value.utc_offset()
    if offset is None:
        return text
    minutes = round(offset.total_seconds() / 60)
    sign, minutes = "-" if minutes < 0 else "+", abs(minutes)
    text += f"{sign}{minutes // 60:02d}:{minutes % 60:02d}" if minutes else "Z"
    # Of a named zone the name is kept, of an offset there is none.
    name = getattr(value.tzinfo, "zone", None) or getattr(value.tzinfo, "key", None)
    return f"{text}[{name}]" if name and name != "UTC" else text


def _properties(entity: Node | Relationship, end_id: Callable[[Node], Any]) -> dict[str, Any]:
    return {name: to_plain(entity[name], end_id) for name in sorted(entity.keys()) if name != MARK}


def _node(node: Node, end_id: Callable[[Node], Any]) -> dict[str, Any]:
    properties = _properties(node, end_id)
    labels = sorted(node.labels, key=lambda label: (label == ENTITY, label))
    return {"id": properties.get("id"), "labels": labels, "properties": properties}


def _relationship(relationship: Relationship, end_id: Callable[[Node], Any]) -> dict[str, Any]:
    start, end = (None if node is None else end_id(node) for node in relationship.nodes)
    properties = _properties(relationship, end_id)
    return {"type": relationship.type, "start": start, "end": end, "properties": properties}
