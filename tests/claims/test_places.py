"""Where a mechanism takes place."""

from __future__ import annotations

import pytest

from kg.claims.places import takes_place


def placed(text: str, mechanism: str = "gliosis", place: str = "striatum") -> str | None:
    at, to = text.index(mechanism), text.index(place)
    found = takes_place(text, (at, at + len(mechanism)), (to, to + len(place)))
    return found[0].value if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We saw gliosis in the striatum.", "asserted"),
        ("There was no gliosis in the striatum.", "negated"),
        ("There may be gliosis in the striatum.", "speculative"),
        ("The drug reduced gliosis in the striatum.", None),
        ("DZ-treatment lowered the gliosis of the striatum.", None),
        ("We studied gliosis in the striatum.", None),
        ("Is there gliosis in the striatum?", None),
        ("The gliosis was unlike that of the striatum.", None),
    ],
)
def test_mechanism_takes_place_beside_its_place(text: str, expected: str | None) -> None:
    assert placed(text) == expected
