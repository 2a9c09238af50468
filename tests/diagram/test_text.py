"""Text from data, made harmless and kept legible."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kg.diagram.text import clean, escape_label, escape_markdown, label_text, safe_url, shorten, wrap


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\u202eb", "ab"),
        ("a\x00\x1b[31mb", "a[31mb"),
        ("line\r\n\tbreak\u2028here", "line break here"),
        ("\U0001f9e0 👩\u200d🔬", "\U0001f9e0 👩\u200d🔬"),
        ("דופמין", "דופמין"),
        ("e\u0301", "é"),
        ("Z" + "\u0301" * 50, "Ź" + "\u0301" * 3),
        ("\u200b \ufeff", ""),
    ],
)
def test_what_is_invisible_goes_and_what_is_read_stays(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet="ab cd", max_size=200), st.integers(8, 80))
def test_a_shortened_text_fits_and_keeps_both_ends(text: str, length: int) -> None:
    short = shorten(text.strip(), length)
    assert len(short) <= max(length, 0) or short == text.strip()
    assert text.strip()[:2].strip() in short


@given(st.text(max_size=300))
def test_a_label_is_a_few_short_lines(text: str) -> None:
    lines = label_text(text)
    assert 1 <= len(lines) <= 6
    assert all(0 < len(line) <= 22 for line in lines)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=100))
def test_wrapping_loses_nothing_but_blanks(text: str) -> None:
    words = clean(text)
    assert "".join(wrap(words)).replace(" ", "") == words.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Network hyperexcitability", ["Network hyper-", "excitability"]),
        ("neurodegenerative disease", ["neuro-", "degenerative", "disease"]),
        ("neuron", ["neuron"]),
        ("electroencephalography", ["electro-", "encephalo-", "graphy"]),
        ("excitation-inhibition imbalance", ["excitation-", "inhibition", "imbalance"]),
        ("A1-A2/B3-B4/C5-C6-D7", ["A1-A2/B3-B4/", "C5-C6-D7"]),
    ],
)
def test_a_word_longer_than_a_line_is_broken_where_it_is_joined(text: str, lines: list[str]) -> None:
    assert label_text(text) == lines


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "The Neurodata Without Borders ecosystem for neurophysiological data science",
            ["The Neurodata", "Without Borders", "ecosystem …", "data science"],
        ),
        (
            "A large-scale standardized survey of physiology reveals an organization of the mouse visual cortex",
            ["A large-scale", "standardized", "survey …", "visual cortex"],
        ),
    ],
)
def test_a_shortened_title_says_what_it_is_about(title: str, lines: list[str]) -> None:
    assert label_text(title) == lines


@given(st.text(max_size=100))
def test_an_escaped_label_holds_nothing_that_mermaid_reads(text: str) -> None:
    escaped = escape_label(clean(text))
    assert not set(escaped) & set('"<>&`*_[]{}|\\$%:@~=^!')
    assert escaped.count("#") == escaped.count(";")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "http://example.org/",
        "//example.org/",
        "https://",
        "https://user:word@example.org/",
        "https://exa mple.org/",
        "https://[::1]/",
        "https://example.org:port/",
        "ftp://example.org/",
        "",
        None,
    ],
)
def test_what_is_no_safe_https_address_is_no_link(url: str | None) -> None:
    assert safe_url(url) is None


@given(st.text(max_size=80))
def test_any_path_is_encoded(path: str) -> None:
    url = safe_url(f"https://example.org/{path}")
    assert url is None or not set(url) & set("\"'<>`()[]{}|\\; \n")


HOSTILE = [
    "a | b",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "`code` **bold** _it_ ~~gone~~",
    "# heading",
    "1. item",
    "$x^2$ &amp; &#60;",
    "@someone see https://example.org and www.example.org",
    "back\\slash \\| pipe",
    "[^1] [@key] [[page]]",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_shows_hostile_text_as_it_is(text: str) -> None:
    table = f"| a | b |\n|---|---|\n| {escape_markdown(text)} | last |\n"
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(table)
    cells = [token for token in tokens if token.type == "inline"]
    assert [token.content for token in cells[:2]] == ["a", "b"]
    assert len(cells) == 4
    shown = "".join(child.content for child in cells[2].children or [])
    assert shown == text
    assert {child.type for child in cells[2].children or []} <= {"text", "text_special"}


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_a_table_shows_any_text_as_it_is(text: str) -> None:
    text = clean(text)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(
        f"| a | b |\n|---|---|\n| {escape_markdown(text)} | last |\n"
    )
    cells = [token for token in tokens if token.type == "inline"]
    assert "".join(child.content for child in cells[2].children or []) == text
