from __future__ import annotations

from typing import cast

import pytest

from kg.link.scope import is_region
from kg.ontology import Vocabulary

ABOVE = {
    "UBERON:0001897": {"UBERON:0001016"},  # thalamus: nervous system
    "UBERON:0001790": {"UBERON:0001016", "UBERON:0001781"},  # outer plexiform layer: layer of retina
    "UBERON:0001460": {"UBERON:0000468"},  # arm
}


class _Ancestors:
    def ancestors(self, curie: str) -> frozenset[str]:
        return frozenset(ABOVE[curie])


@pytest.mark.parametrize(
    ("curie", "expected"), [("UBERON:0001897", True), ("UBERON:0001790", False), ("UBERON:0001460", False)]
)
def test_regions_are_those_of_the_curated_scope(curie: str, expected: bool) -> None:
    assert is_region(curie, cast("Vocabulary", _Ancestors())) is expected
