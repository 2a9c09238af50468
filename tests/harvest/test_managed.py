"""Blocks that kg wrote into a page are no text of the page."""

from __future__ import annotations

import pytest

from kg.harvest.managed import managed_blocks, without_managed
from kg.harvest.markdown import parse_markdown

_PAGE = """# Tau

Own text.

<!-- kg:diagram build=1 -->
```mermaid
flowchart LR
```

| From | To |
|---|---|
| a | [b](/genes/b) |

<!-- kg:diagram end -->

More of its own.
"""


def test_a_page_s_reader_skips_the_block_and_keeps_its_lines() -> None:
    document = parse_markdown(_PAGE)
    assert [(block.rich.text, block.line) for block in document.blocks] == [("Own text.", 3), ("More of its own.", 16)]
    assert document.diagrams == ()


@pytest.mark.parametrize(
    ("text", "blocks", "strays"),
    [
        ("<!-- kg:diagram build=1 -->\nx\n<!-- kg:diagram end -->", 1, []),
        ("```\n<!-- kg:diagram build=1 -->\nx\n<!-- kg:diagram end -->\n```", 0, []),
        ("<!-- kg:diagram build=1 -->\nx", 0, [0]),
        ("x\n<!-- kg:diagram end -->", 0, [1]),
        ("<!-- kg:diagram build=1 -->\n<!-- kg:diagram build=2 -->\nx\n<!-- kg:diagram end -->", 1, [0]),
        ("    <!-- kg:diagram build=1 -->\nx\n<!-- kg:diagram end -->", 0, [0, 2]),
        ("```a`b\n<!-- kg:diagram build=1 -->\nx\n<!-- kg:diagram end -->", 1, []),
        ("~~~ a`b\n<!-- kg:diagram build=1 -->\nx\n<!-- kg:diagram end -->", 0, []),
    ],
)
def test_markers_count_outside_of_fenced_code_alone(text: str, blocks: int, strays: list[int]) -> None:
    found, lonely = managed_blocks(text.split("\n"))
    assert len(found) == blocks
    assert lonely == strays


def test_a_block_without_an_end_hides_nothing() -> None:
    lines = ["<!-- kg:diagram build=1 -->", "text"]
    assert without_managed(lines) == lines
