"""Bodies: whole, of the kind asked for, within bounds; or refused."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.harvest.live.bodies import UnusableBody, check_body, gather
from kg.harvest.live.redact import Redactor


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.binary(min_size=1, max_size=5000), st.integers(1, 700))
def test_what_was_compressed_comes_back_whole(data: bytes, size: int) -> None:
    packed = gzip.compress(data) + gzip.compress(data)
    assert gather(iter(pieces(packed, size)), encoding="gzip", max_bytes=20_000) == data * 2


@given(st.binary(min_size=1, max_size=2000), st.data())
def test_compressed_data_that_end_early_are_refused(data: bytes, draw: st.DataObject) -> None:
    packed = gzip.compress(data)
    cut = packed[: draw.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(UnusableBody):
        gather(iter([cut]), encoding="gzip", max_bytes=20_000)


@given(st.dictionaries(st.text(), st.text()), st.data())
def test_json_that_ends_early_is_refused(document: dict[str, str], draw: st.DataObject) -> None:
    body = json.dumps(document).encode()
    cut = body[: draw.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(UnusableBody):
        check_body(cut, "json", max_bytes=10_000)
    assert check_body(body, "json", max_bytes=10_000) == document


@pytest.mark.parametrize(
    ("body", "expect", "said"),
    [
        (b"", "json", "empty"),
        (b" \n", "text", "empty"),
        (b"<!doctype html><title>Log in</title>", "json", "an HTML page, not JSON (titled 'Log in')"),
        (b"<!-- x --><HTML lang='en'>", "xml", "an HTML page, not XML"),
        (b'{"a": NaN}', "json", "NaN is no JSON value"),
        (b'{"a": "\xe9"}', "json", "not UTF-8 at byte 7"),
        (b"[" * 100_000, "json", "not valid JSON"),
        (b"<a><b></a>", "xml", "not well-formed XML"),
        (b"<a><b>", "xml", "not well-formed XML"),
        (b"PK\x03\x04", "gzip", "gzip data are damaged"),
    ],
)
def test_a_body_of_another_kind_is_refused(body: bytes, expect: str, said: str) -> None:
    with pytest.raises(UnusableBody) as caught:
        check_body(body, expect, max_bytes=10_000)  # type: ignore[arg-type]
    assert said in caught.value.reason


def test_a_body_is_bounded_before_and_after_decompression() -> None:
    packed = gzip.compress(b" " * 10**7)
    for encoding, data in (("gzip", packed), ("", b" " * 10**6)):
        with pytest.raises(UnusableBody, match="more than 100,000 bytes"):
            gather(iter(pieces(data, 4096)), encoding=encoding, max_bytes=100_000)


@given(st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4), st.text(), st.text())
def test_a_secret_never_survives(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret]).text(f"{before}{secret}{after}").replace("***", "\0")


@pytest.mark.parametrize(
    "text",
    [
        "GET https://x.org/e?db=pubmed&api_key=abc123&id=1",
        "Authorization: token abc123",
        "{'Authorization': 'Bearer abc123'}",
        "https://me:abc123@x.org/",
        "https://x.org/?access_token=abc123#x",
    ],
)
def test_a_secret_is_known_by_its_name(text: str) -> None:
    assert "abc123" not in Redactor().text(text)
