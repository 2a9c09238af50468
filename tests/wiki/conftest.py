"""A linter's context over the default vocabularies, and diagrams that need no build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kg.config import KgConfig
from kg.diagram.block import Block
from kg.wiki.context import LintContext
from kg.wiki.page import Page

TITLES = {
    "36193886": "The Neurodata Without Borders ecosystem for neurophysiological data science.",
    "31086362": "A large-scale standardized physiological survey reveals functional organization of the mouse visual "
    "cortex.",
}
PAGES = {"wiki:diseases/epilepsy", "wiki:technologies/nwb"}
DRAWN = "```mermaid\nflowchart LR\n  a --> b\n```\n\n*Build 1: 1 relation from 1 source.*\n"

MakePage = Callable[..., Page]


@pytest.fixture(scope="session")
def lint_context(sample_config: KgConfig) -> LintContext:
    """What rules know beside a page."""
    return LintContext.load(sample_config, TITLES)


@pytest.fixture
def block() -> Block:
    """A diagram of epilepsy."""
    return Block("MONDO:0005027", DRAWN, "flowchart LR\n  a --> b\n", 0, "1" * 24)


def make_page(data: str | bytes, relative: str = "mechanisms/example.md") -> Page:
    """Make a page that lies in no file."""
    return Page(Path("/nowhere") / relative, relative, data if isinstance(data, bytes) else data.encode())
