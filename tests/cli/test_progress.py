"""Progress on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from kg.cli import _render, harvest


@pytest.mark.parametrize("bar", [_render.progress_bar, harvest._progress_bar])
def test_a_step_is_a_line_where_there_is_no_terminal(bar: object, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(_render, "stderr", Console(file=shown))
    with bar() as progress:  # type: ignore[operator]
        for done in range(3):
            progress("linking", done, 3)
        progress("judging", 1, 0)
    assert shown.getvalue() == "linking …\njudging …\n"


@pytest.mark.parametrize(
    ("bar", "last"), [(_render.progress_bar, "3/3 0:00:00"), (harvest._progress_bar, "3/3")], ids=["time", "speed"]
)
def test_a_terminal_shows_how_far_a_step_is(bar: object, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(_render, "stderr", Console(file=shown, force_terminal=True, width=100, color_system=None))
    with bar() as progress:  # type: ignore[operator]
        for done in range(4):
            progress("linking", done, 3)
    assert "linking" in shown.getvalue()
    assert last in shown.getvalue()
