"""A mention's offsets fit its surface."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kg.model import Category, Mention


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 3), (0, 4)])
def test_a_span_that_does_not_fit_its_surface_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValidationError, match="PMID:1#title"):
        Mention(
            record_id="PMID:1", section="title", start=start, end=end, surface="CA1", curie="UBERON:0003881",
            category=Category.REGION, method="exact",
        )  # fmt: skip
