"""The front matter of a wiki page: its title, address, date and annotations.

Format: YAML between lines of three dashes, as static site generators read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kg.errors import RecordError
from kg.harvest._yaml import load_yaml
from kg.harvest.files import clean_text
from kg.model import FieldTerm, Severity

_ISO_DATE: Final = re.compile(r"^\d{4}(?:-\d{2}(?:-\d{2})?)?")
_DATE_KEYS: Final = ("updated", "last-edited", "last_edited", "updated_at", "date", "created", "created_at")

Warn = Callable[[str, str, str, Severity], None]


def read_front_matter(raw: str | None, warn: Warn) -> dict[str, Any]:
    """Read a page's front matter as a mapping; what can't be read is warned of, and none is there."""
    if raw is None:
        return {}
    try:
        loaded = load_yaml(raw)
    except RecordError as error:
        warn("front-matter", "front matter", error.what, Severity.WARNING)
        return {}
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        warn("front-matter", "front matter", "it is no mapping", Severity.WARNING)
        return {}
    return {str(key): value for key, value in loaded.items()}


def text_of(value: object) -> str | None:
    """Give a value as text, blanks off; None for what is none, and for lists and mappings."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return clean_text(str(value)).strip() or None


def url_of(front: Mapping[str, Any]) -> str | None:
    """Give the address that the front matter has for the page."""
    if wpid := text_of(front.get("wpid")):
        return f"https://www.wikipathways.org/pathways/{wpid}"
    url = text_of(front.get("url"))
    return url if url and url.startswith(("http://", "https://")) else None


def date_of(front: Mapping[str, Any]) -> str | None:
    """Give the date of the last change that the front matter has, else of its making, as precise as it is."""
    for key in _DATE_KEYS:
        if match := _ISO_DATE.match(text_of(front.get(key)) or ""):
            return match[0]
    return None


def annotations_of(front: Mapping[str, Any], warn: Warn) -> Iterator[FieldTerm]:
    """Give the ontology terms and organisms that the front matter lists."""
    raw = front.get("annotations")
    if raw is not None and not isinstance(raw, list):
        warn("wrong-type", "annotations", "it is no list", Severity.WARNING)
    for index, entry in enumerate(raw if isinstance(raw, list) else ()):
        if not isinstance(entry, dict):
            warn("wrong-type", f"annotations[{index}]", "it is no mapping", Severity.WARNING)
            continue
        name, raw_id = text_of(entry.get("value", entry.get("name"))), text_of(entry.get("id"))
        if name or raw_id:
            yield FieldTerm(field="annotations", schema_key=text_of(entry.get("type")), name=name, raw_id=raw_id)
    for organism in front.get("organisms") if isinstance(front.get("organisms"), list) else ():  # type: ignore[union-attr]
        if name := text_of(organism):
            yield FieldTerm(field="organisms", schema_key="Species", name=name)
