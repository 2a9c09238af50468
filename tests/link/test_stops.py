from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import LinkError
from kg.link import stops
from kg.link.stops import read_stop_surfaces
from kg.model.term import Category


def test_kinds_are_stopped_for_whole_vocabularies_only() -> None:
    assert ("nucleus", Category.REGION) not in read_stop_surfaces()
    assert ("nucleus", Category.REGION) in read_stop_surfaces(whole_vocabularies=True)
    assert ("cell", Category.CELL_TYPE) in read_stop_surfaces()


@pytest.mark.parametrize("text", ["surfaces: [{reason: x}]", "- a", "surfaces: [{text: x, categories: [organ]}]", "{"])
def test_table_of_another_form_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "generic_surfaces.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(stops, "curated_dir", lambda: tmp_path)
    with pytest.raises(LinkError) as caught:
        read_stop_surfaces()
    assert caught.value.where.endswith("generic_surfaces.yaml")
