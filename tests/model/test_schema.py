"""The schema is whole, and its page is what the code says."""

from __future__ import annotations

from pathlib import Path

from kg.model.claim import Predicate
from kg.model.schema import EDGE_TYPES, LABEL_OF_CATEGORY, NODE_TYPES, Label
from kg.model.schema_page import schema_page
from kg.model.term import Category


def test_every_label_predicate_and_category_has_its_entry() -> None:
    assert set(NODE_TYPES) == set(Label)
    assert set(EDGE_TYPES) == set(Predicate)
    assert set(LABEL_OF_CATEGORY) == set(Category)


def test_the_schema_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "schema.md"
    assert page.read_text(encoding="utf-8") == schema_page(), "run scripts/schema"


def test_one_property_name_has_one_type() -> None:
    types: dict[str, str] = {}
    for node in NODE_TYPES.values():
        for prop in node.properties:
            assert types.setdefault(prop.name, prop.type) == prop.type, prop.name
