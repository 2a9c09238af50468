"""Writing a diagram into a page: where it goes, and that nothing else changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.diagram.block import Block
from kg.harvest.markdown import parse_markdown
from kg.wiki.markers import State, parse_marker
from kg.wiki.page import Page
from kg.wiki.update import Action, Decision, Plan, plan_update
from tests.wiki.conftest import DRAWN, make_page

_OTHER = Block("MONDO:0005027", DRAWN.replace("a --> b", "a --> c"), "", 0, "2" * 24)
_BEGIN = "<!-- kg:diagram"
_BROKEN = "```mermaid\nflowchart LR\n  a[b\n```\n"


def fault(text: str) -> str | None:
    """Say that a diagram with an open bracket doesn't parse."""
    return "an open bracket" if text.count("[") != text.count("]") else None


def update(
    page: Page, block: Block | None, *, build: str = "b1", slug: str = "diseases/epilepsy", **said: bool
) -> Plan:
    return plan_update(page, slug, block, build_id=build, fault=fault, decision=Decision(**said))


def updated(text: str | bytes, block: Block | None, **options: object) -> str:
    data = update(make_page(text), block, **options).data  # type: ignore[arg-type]
    assert data is not None
    return data.decode()


def test_a_diagram_goes_under_its_heading_behind_what_is_said_of_it(block: Block) -> None:
    text = updated("# E\n\n## Pathway Diagram\n\nIt shows:\n\n## References\n\n- one\n", block)
    before, _, after = text.partition(_BEGIN)
    assert before == "# E\n\n## Pathway Diagram\n\nIt shows:\n\n"
    assert after.partition("<!-- kg:diagram end -->")[2] == "\n\n## References\n\n- one\n"
    assert text.count("Pathway Diagram") == 1


def test_without_its_heading_it_brings_one_to_where_the_page_s_type_has_it(block: Block) -> None:
    text = updated("# E\n\n## Overview\n\nText.\n\n## Treatment\n\nMore.\n", block)
    inside = text[text.index(_BEGIN) :]
    assert text.index("Text.") < text.index(_BEGIN) < text.index("## Treatment")
    assert "\n## Pathway Diagram\n\n```mermaid\n" in inside


@pytest.mark.parametrize(
    ("text", "slug", "follows"),
    [
        ("# E\n\nText.\n\n## References\n\n- a\n", "people/x", "\n\n## References\n\n- a\n"),
        ("# E\n\nText.\n", "people/x", "\n"),
        ("# E\n\nText.", "people/x", ""),
        ("Title\n=====\n\nText\n\nOverview\n--------\nText\n\nNext\n----\n", "diseases/x", "\n\nNext\n----\n"),
    ],
)
def test_other_pages_have_it_before_their_references_or_at_their_end(
    text: str, slug: str, follows: str, block: Block
) -> None:
    assert updated(text, block, slug=slug).partition("<!-- kg:diagram end -->")[2] == follows


def test_a_heading_in_code_or_in_a_list_is_no_place(block: Block) -> None:
    text = updated("# E\n\n```\n## Pathway Diagram\n```\n\n- ## Pathway Diagram\n\nEnd.\n", block)
    assert text.index("End.") < text.index(_BEGIN)


def test_code_that_is_never_closed_has_the_diagram_before_its_section(block: Block) -> None:
    page = "# E\n\n## References\n\n```\nnever closed\n"
    text = updated(page, block, slug="people/x")
    assert text.index(_BEGIN) < text.index("## References")
    assert update(make_page("# E\n\n<!-- never closed\n"), block).action is Action.LEFT


def test_the_same_diagram_of_another_build_keeps_its_bytes(block: Block) -> None:
    text = updated("# E\n\nText.\n", block)
    renamed = block._replace(markdown=block.markdown.replace("Build 1", "Build 2"))
    assert update(make_page(text), renamed, build="b2") == Plan(Action.UNCHANGED)


def test_another_diagram_replaces_the_old_one_and_nothing_else(block: Block) -> None:
    old = updated("# E\n\nText.\n\n## References\n", block)
    new = updated(old, _OTHER, build="b2")
    assert "a --> c" in new
    assert "a --> b" not in new
    assert updated(new, block) == old


def test_an_edit_by_hand_is_left_until_somebody_decides(block: Block) -> None:
    edited = updated("# E\n\nText.\n", block).replace("a --> b", "a --> z")
    plan = update(make_page(edited), _OTHER)
    assert (plan.action, plan.data) == (Action.LEFT, None)
    assert "a --> c" in updated(edited, _OTHER, force=True)
    adopted = updated(edited, _OTHER, adopt=True)
    assert "a --> z" in adopted
    for later in (block, _OTHER, None):
        assert update(make_page(adopted), later).action is Action.UNCHANGED
    assert "a --> c" in updated(adopted, _OTHER, force=True)


def test_an_edit_of_line_ends_is_none(block: Block) -> None:
    text = updated("# E\n\nText.\n", block)
    assert update(make_page(text.replace("\n", "\r\n")), block).action is Action.UNCHANGED


def test_a_subject_that_left_the_graph_marks_its_diagram_and_a_return_draws_it(block: Block) -> None:
    text = updated("# E\n\nText.\n", block)
    stale = updated(text, None, build="b2")
    assert "> This diagram is out of date: build b2 has nothing to draw of its subject, `MONDO:0005027`." in stale
    assert "a --> b" in stale
    assert update(make_page(stale), None, build="b3").action is Action.UNCHANGED
    assert updated(stale, block) == text


def test_a_hostile_subject_is_harmless_in_the_notice_too(block: Block) -> None:
    text = updated("# E\n\nText.\n", block._replace(subject="wiki:`--><img src=x onerror=alert(1)>\n# Heading"))
    stale = updated(text, None)
    assert "`wiki:--imgsrcxonerroralert1Heading`" in stale
    assert "<img" not in stale
    assert [heading.text for heading in make_page(stale).headings] == ["E"]


def test_a_page_with_nothing_to_draw_stays(block: Block) -> None:
    assert update(make_page("# E\n"), None) == Plan(Action.NOTHING)


def test_a_broken_diagram_of_the_page_s_own_is_left_or_replaced(block: Block) -> None:
    page = f"# E\n\nBefore.\n\n{_BROKEN}\nAfter.\n"
    assert update(make_page(page), block).action is Action.LEFT
    text = updated(page, block, replace_broken=True)
    assert text.startswith("# E\n\nBefore.\n\n<!-- kg:diagram")
    assert text.endswith("<!-- kg:diagram end -->\n\nAfter.\n")
    assert "a[b" not in text
    assert update(make_page(text), block).action is Action.UNCHANGED


def test_a_broken_diagram_in_a_list_is_for_a_person(block: Block) -> None:
    page = "# E\n\n- one\n\n  ```mermaid\n  flowchart LR\n    a[b\n  ```\n"
    assert update(make_page(page), block, replace_broken=True).action is Action.LEFT


@pytest.mark.parametrize(
    "text",
    [
        "<!-- kg:diagram end -->\n\nText.\n",
        "<!-- kg:diagram build=1 -->\n\nText.\n",
        "<!-- kg:diagram a=1 -->\nx\n<!-- kg:diagram end -->\n<!-- kg:diagram a=1 -->\nx\n<!-- kg:diagram end -->\n",
        "<!-- kg:diagram nonsense -->\nx\n<!-- kg:diagram end -->\n",
        "Ram\xf3n y Cajal\n".encode("latin-1"),
        "Text.\n".encode("utf-16"),
    ],
)
def test_pages_that_are_not_understood_are_left(text: str | bytes, block: Block) -> None:
    plan = update(make_page(text), block)
    assert (plan.action, plan.data) == (Action.LEFT, None)


def test_scraped_text_has_it_under_its_bare_heading(block: Block) -> None:
    page = "ID: wiki-datasets-x\n1 words synced\nIntroduction\nA text about it.\nPathway Diagram\nThe diagram shows it:"
    text = updated(page, block)
    assert text.startswith(f"{page}\n\n{_BEGIN}")
    assert text.endswith("<!-- kg:diagram end -->")
    assert update(make_page(text), block).action is Action.UNCHANGED


def test_a_subject_can_t_end_the_comment(block: Block) -> None:
    hostile = block._replace(subject="wiki:x-->\n<script>--> end")
    text = updated("# E\n\nText.\n", hostile)
    marker = text[text.index(_BEGIN) :].splitlines()[0]
    assert marker.count("-->") == 1
    assert "<script" not in text
    attributes = marker.removeprefix("<!-- kg:diagram ").removesuffix(" -->")
    found = parse_marker(attributes)
    assert found is not None
    assert (found.subject, found.state) == (hostile.subject, State.CURRENT)


_PIECES = st.sampled_from(
    [
        "# Title", "## Overview", "## Pathway Diagram", "## References", "Setext", "------", "Text of a paragraph.",
        "- item", "  continued", "> quote", "```", "~~~", "````", "```mermaid", "flowchart LR", "  a --> b", "a[b",
        "<div>", "</div>", "<!--", "-->", "<pre>", "<details>", "| a | b |", "|---|---|", "| c | d |[@x]", "\ttab",
        "    indented", "trailing  ", "", "", "", "---", "[^1]: note", "[x](/y)](/y)", "ünïcödé 🧠 \u202e", "\u2028",
        "<!-- kg:diagram end -->", "<!-- kg:diagram build=1 -->", "<script>alert(1)</script>", "<table>", "title: x",
        "Pathway Diagram", "ID: wiki-datasets-x", "<![CDATA[", "<?php", "1. one", "* * *", "\\", "&amp;", "\x0b\x0c",
    ]
)  # fmt: skip
_PAGES = st.builds(
    lambda lines, ends, bom, last: (
        b"\xef\xbb\xbf" * bom
        + "".join(f"{line}{end}" for line, end in zip(lines, ends, strict=False)).encode()
        + last.encode()
    ),
    st.lists(_PIECES, max_size=22),
    st.lists(st.sampled_from(["\n", "\n", "\r\n", "\r"]), min_size=22, max_size=22),
    st.booleans(),
    st.sampled_from(["", "last line", "```", "## References"]),
)
_DECISIONS = st.builds(Decision, adopt=st.just(False), force=st.booleans(), replace_broken=st.booleans())
_FAST = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def plan(data: bytes, block: Block | None, decision: Decision = Decision(), build: str = "b1") -> Plan:  # noqa: B008
    return plan_update(make_page(data), "diseases/x", block, build_id=build, fault=fault, decision=decision)


@_FAST
@given(data=_PAGES, decision=_DECISIONS)
def test_whatever_a_page_holds_only_a_block_is_put_in_and_once(data: bytes, decision: Decision) -> None:
    block = Block("MONDO:0005027", DRAWN, "", 0, "1" * 24)
    first = plan(data, block, decision)
    if first.data is None:
        assert first.action in {Action.LEFT, Action.UNCHANGED}
        return
    assert plan(first.data, block, decision).action is Action.UNCHANGED
    if first.action is not Action.ADDED:
        return
    found = re.search(rb"<!-- kg:diagram subject=.*?<!-- kg:diagram end -->", first.data, re.DOTALL)
    assert found is not None
    before, after = first.data[: found.start()], first.data[found.end() :]
    # Nothing but line ends stands between the page's own bytes and the block.
    head = next(at for at in range(len(before), -1, -1) if data.startswith(before[:at]))
    rest = data[head:]
    assert before[head:].strip(b"\r\n") == b""
    assert after.endswith(rest)
    assert after[: len(after) - len(rest)].strip(b"\r\n") == b""
    # And readers of the page find in it what they found before.
    old, new = (parse_markdown(each.decode("utf-8-sig")) for each in (data, first.data))
    assert [each.rich for each in old.blocks] == [each.rich for each in new.blocks]


@_FAST
@given(data=_PAGES)
def test_a_page_goes_through_builds_and_comes_back(data: bytes) -> None:
    one = Block("MONDO:0005027", DRAWN, "", 0, "1" * 24)
    first = plan(data, one)
    if first.data is None or first.action is not Action.ADDED:
        return
    second = plan(first.data, _OTHER, build="b2")
    assert second.action is Action.UPDATED
    assert second.data is not None
    stale = plan(second.data, None, build="b3")
    assert stale.action is Action.STALE
    assert stale.data is not None
    assert plan(stale.data, None, build="b4").action is Action.UNCHANGED
    assert plan(stale.data, one).data == first.data


@pytest.mark.parametrize(
    "page",
    [
        "# E\n\n```mermaid\nflowchart LR\n  a[b\n\n## Treatment\n\nProse that took days.\n\n## References\n\n1. S\n",
        # A fence that was to open closes the one that was never closed.
        "# E\n\n```mermaid\nflowchart LR\n  a[b\n\nProse that took days.\n\n```\ncode\n```\n\nMore.\n",
        "# E\n\n```mermaid\nflowchart LR\n  a[b\n\n## Treatment\n\nProse.\n\n```python\ncode\n```\n\nMore.\n",
        "# E\n\n~~~mermaid\nflowchart LR\n  a[b\n```\n\nProse that took days.\n",
        "# E\n\n```mermaid\nflowchart LR\n  a[b\n\n\n",
    ],
)
def test_a_diagram_whose_fence_is_never_closed_is_not_replaced(page: str, block: Block) -> None:
    plan = update(make_page(page), block, replace_broken=True)
    assert (plan.action, plan.data, plan.line) == (Action.LEFT, None, 3)
    assert "never closed" in plan.reason


def test_a_closed_diagram_is_replaced_and_what_stands_around_it_stays(block: Block) -> None:
    page = f"# E\n\n{_BROKEN}\n## Treatment\n\n````\n```\n````\n"
    text = updated(page, block, replace_broken=True)
    assert text.startswith(f"# E\n\n{_BEGIN}")
    assert text.endswith("end -->\n\n## Treatment\n\n````\n```\n````\n")


def test_an_edit_that_does_not_parse_is_not_adopted(block: Block) -> None:
    edited = updated("# E\n\nText.\n", block).replace("a --> b", "a[x --> b")
    plan = update(make_page(edited), block, adopt=True)
    assert plan.action is Action.LEFT
    assert "its edited diagram doesn't parse: an open bracket" in plan.reason
    assert "a --> b" in updated(edited, block, force=True)


def test_an_adopted_diagram_is_looked_at_in_every_run(block: Block) -> None:
    adopted = updated(updated("# E\n\nText.\n", block).replace("a --> b", "a --> z"), block, adopt=True)
    assert update(make_page(adopted), block).action is Action.UNCHANGED
    assert update(make_page(adopted), None).reason.startswith("stale: its diagram was adopted, and the build has no")
    plan = update(make_page(adopted.replace("a --> z", "a[z --> z")), block)
    assert (plan.action, plan.data) == (Action.LEFT, None)
    assert "its adopted diagram doesn't parse" in plan.reason


def test_a_notice_says_whether_the_graph_or_the_page_has_lost_the_subject(block: Block) -> None:
    text = updated("# E\n\nText.\n", block)
    plan = plan_update(make_page(text), "x", None, build_id="b2", fault=fault, draws=lambda _: True)
    assert plan.action is Action.STALE
    assert plan.data is not None
    said = "> This diagram is out of date: this page isn't about its subject any more, `MONDO:0005027`."
    assert said in plan.data.decode()
    assert "nothing to draw" not in plan.reason
    again = plan_update(make_page(plan.data), "x", None, build_id="b3", fault=fault, draws=lambda _: True)
    assert again == Plan(Action.UNCHANGED, "stale: the page isn't about MONDO:0005027 any more")
    assert updated(plan.data, block) == text


def test_a_marker_with_another_subject_is_written_anew(block: Block) -> None:
    text = updated("# E\n\nText.\n", block)
    assert updated(text.replace("subject=MONDO:0005027", "subject=MONDO:0000001"), block) == text
    assert update(make_page(text.replace("subject=MONDO:", "subject=MONDO%3A")), block).action is not Action.LEFT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\n  "),
        ("\n", "\n> "),
        ("<!-- kg", "<!--kg"),
        ("<!-- kg:diagram", "<!-- KG:Diagram"),
        ("\n<!-- kg:diagram subject", "\n- <!-- kg:diagram subject"),
    ],
)
def test_a_block_that_was_moved_or_rewritten_gets_no_second_one_beside_it(old: str, new: str, block: Block) -> None:
    text = updated("# E\n\n- An item.\n", block)
    head, mark, rest = text.partition(f"\n{_BEGIN}")
    moved = head + (mark + rest).replace(old, new)
    plan = update(make_page(moved), block)
    assert (plan.action, plan.data) == (Action.LEFT, None)
    assert "put both markers back" in plan.reason
    assert "Build 1" not in "".join(each.rich.text for each in parse_markdown(moved).blocks)
    assert parse_markdown(moved).diagrams == ()
