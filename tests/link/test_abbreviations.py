from __future__ import annotations

import time

import pytest

from kg.link.abbreviations import definitions_of, find_definitions


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("the dorsal root ganglia (DRGs) of rats", "DRGs", "dorsal root ganglia"),
        ("in medial prefrontal cortex (mPFC; n = 3)", "mPFC", "medial prefrontal cortex"),
        ("the VTA (ventral tegmental area) was", "VTA", "ventral tegmental area"),
        ("embryonic stem (ES) cells", "ES", "embryonic stem"),
        ("lateral geniculate nucleus [LGN]", "LGN", "lateral geniculate nucleus"),
        ("amyotrophic lateral sclerosis (also ALS)", None, None),
        ("a group of mice (n = 12)", None, None),
        ("as shown (see Fig. 2)", None, None),
        ("the cortex (XYZ)", None, None),
    ],
)
def test_definitions_are_found_in_both_orders(text: str, short: str | None, long: str | None) -> None:
    found = [(definition.short, definition.long) for definition in find_definitions(text)]
    assert found == ([(short, long)] if short else [])


def test_spans_point_at_both_forms() -> None:
    text = "Alzheimer disease (AD) and PFC (prefrontal cortex)"
    definitions = find_definitions(text)
    assert [definition.short for definition in definitions] == ["AD", "PFC"]
    for definition in definitions:
        assert text[slice(*definition.short_span)] == definition.short
        assert text[slice(*definition.long_span)] == definition.long


def test_plural_definition_holds_for_the_singular_and_the_first_one_wins() -> None:
    known = definitions_of(["Retinal ganglion cells (RGCs) die.", "Rare genetic causes (RGCs) differ."])
    assert known == {"RGCs": "Retinal ganglion cells", "RGC": "Retinal ganglion cells"}


@pytest.mark.parametrize("text", ["(" * 500_000, "(AB" * 200_000, "a (A) " * 100_000, "()" * 300_000])
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    find_definitions(text)
    assert time.process_time() - started < 8
