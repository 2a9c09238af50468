"""What the linter says of a managed diagram that somebody has made their own."""

from __future__ import annotations

import pytest

from kg.diagram.block import Block
from kg.wiki.context import LintContext
from kg.wiki.lint import lint_page
from kg.wiki.update import Decision, plan_update
from tests.wiki.conftest import make_page

_BLOCK = Block(
    "MONDO:0005027", '```mermaid\nflowchart LR\n  n1a2b3["Some … thing"] --> n4d5e6["x"]\n```\n', "", 0, "1" * 24
)


def written(*, edit: tuple[str, str], adopt: bool) -> str:
    """Give a page whose diagram was edited, and adopted or not."""

    def update(text: str, **said: bool) -> str:
        plan = plan_update(make_page(text), "x", _BLOCK, build_id="b1", fault=lambda _: None, decision=Decision(**said))
        assert plan.data is not None
        return plan.data.decode()

    text = update("# E\n\nText.\n").replace(*edit)
    return update(text, adopt=True) if adopt else text


@pytest.mark.parametrize(("adopt", "codes"), [(True, ["KGW101"]), (False, ["KGW601", "KGW101"])])
def test_an_edited_diagram_that_does_not_parse_is_found(
    adopt: bool, codes: list[str], lint_context: LintContext
) -> None:
    text = written(edit=("\n```\n", "\n  Foo[Bar --> Overview\n```\n"), adopt=adopt)
    found = [each for each in lint_page(make_page(text), lint_context) if each.finding.code[:4] in ("KGW1", "KGW6")]
    assert [each.finding.code for each in found] == codes
    assert found[-1].source == "  Foo[Bar --> Overview"


def test_names_that_somebody_wrote_into_a_diagram_are_looked_up_and_those_of_the_graph_are_not(
    lint_context: LintContext,
) -> None:
    text = written(edit=("flowchart LR\n", "flowchart LR\n  Foo[Blurb of nothing] --> n1a2b3\n"), adopt=True)
    found = [each for each in lint_page(make_page(text), lint_context) if each.finding.code[:4] == "KGW1"]
    assert [(each.finding.code, each.finding.message) for each in found] == [
        ("KGW103", "no vocabulary knows 'Blurb of nothing'")
    ]


def test_a_diagram_as_it_was_written_is_not_looked_at(lint_context: LintContext) -> None:
    text = written(edit=("", ""), adopt=False)
    assert not [each for each in lint_page(make_page(text), lint_context) if each.finding.code[:4] in ("KGW1", "KGW6")]
