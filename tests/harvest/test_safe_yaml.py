"""YAML from strangers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import RecordError
from kg.harvest._yaml import load_yaml


def test_plain_values_come_out_and_dates_stay_text() -> None:
    assert load_yaml("a: 1\nb: [x, null, true]\nc: 2021-03-09\nd: 2021-03-09T10:00:00Z") == {
        "a": 1,
        "b": ["x", None, True],
        "c": "2021-03-09",
        "d": "2021-03-09T10:00:00Z",
    }


def test_alias_of_a_repeated_list_is_read() -> None:
    assert load_yaml("a: &id001 [x, y]\nb: *id001") == {"a": ["x", "y"], "b": ["x", "y"]}


def test_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(RecordError, match="aliases"):
        load_yaml("\n".join(lines))


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 50_000 + "a", "{a: " * 1_000 + "1" + "}" * 1_000])
def test_deep_nesting_is_refused_before_the_stack_is_gone(text: str) -> None:
    with pytest.raises(RecordError):
        load_yaml(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2",
        "a: b: c",
        "!!python/object/apply:os.system ['true']",
        "? [1, 2]\n: 3",
        "a: " + "9" * 5_000,
        "\x00",
        "a: &x [*x",
        "a: *nowhere",
        "--- 1\n--- 2",
    ],
)
def test_what_is_no_plain_yaml_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="YAML"):
        load_yaml(text)


def test_fault_has_its_line() -> None:
    with pytest.raises(RecordError, match="line 3, column 1"):
        load_yaml("name: x\nkeys: [a, b")


@given(st.text())
def test_any_text_gives_a_value_or_a_record_error(text: str) -> None:
    try:
        load_yaml(text)
    except RecordError as error:
        assert error.what
