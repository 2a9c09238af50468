"""One slug for every way to write a page's address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.harvest.slugs import PAGE_TYPES, is_infrastructure, link_target, page_slug, page_type


@pytest.mark.parametrize(
    "raw",
    [
        "datasets/allen-openscope",
        "/datasets/allen-openscope",
        "/datasets/allen-openscope/",
        "datasets-allen-openscope",
        "wiki-datasets-allen-openscope",
        "wiki:datasets/allen-openscope",
        "/wiki/datasets-allen-openscope",
        "Datasets/Allen OpenScope",
        "datasets/allen-openscope.md",
        "/datasets/allen%2Dopenscope?x=1#top",
    ],
)
def test_every_spelling_is_one_slug(raw: str) -> None:
    assert page_slug(raw) == "datasets/allen-openscope"


@pytest.mark.parametrize(
    "raw", ["", "/", "..", "../x", "a//b", "a/../b", "/etc/../passwd", "-", "a\nb/\x00", "?x", "x" * 300]
)
def test_what_is_no_slug_is_none(raw: str) -> None:
    assert page_slug(raw) is None


def test_hyphenated_type_is_kept_whole() -> None:
    assert page_slug("clinical-trials-aducanumab") == "clinical-trials/aducanumab"
    assert page_slug("genes-mapt") == "genes/mapt"


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/mechanisms/synaptic-dysfunction", "wiki:mechanisms/synaptic-dysfunction"),
        ("mechanisms/synaptic-dysfunction", "wiki:mechanisms/synaptic-dysfunction"),
        ("../mechanisms/x.md", "wiki:mechanisms/x"),
        ("other-page.md", "wiki:diseases/other-page"),
        ("/wiki/genes-mapt", "wiki:genes/mapt"),
        ("https://brain-map.org/x", "https://brain-map.org/x"),
        ("mailto:a@b.org", "mailto:a@b.org"),
        ("/images/figure.png", "/images/figure.png"),
        ("../../../etc/passwd.md", "../../../etc/passwd.md"),
        ("#overview", None),
        ("", None),
    ],
)
def test_link_points_at_a_page_or_stays_as_written(address: str, target: str | None) -> None:
    assert link_target(address, source="diseases/alzheimers-disease") == target


def test_infrastructure_pages_are_those_of_programs_archives_and_methods() -> None:
    assert all(is_infrastructure(kind) for kind in ("datasets", "tools", "technologies", "institutions", "methods"))
    assert not any(is_infrastructure(kind) for kind in ("diseases", "mechanisms", "genes", "pathways", None))
    assert page_type("datasets/x") in PAGE_TYPES


@given(st.text() | st.text(alphabet="abC/-._ :%#?é", max_size=12))
def test_a_slug_is_its_own_slug(raw: str) -> None:
    slug = page_slug(raw)
    if slug is not None and not slug.startswith("wiki-"):
        assert page_slug(f"/{slug}") == slug
        assert ".." not in slug.split("/")
