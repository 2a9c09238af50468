"""How findings are written: apart from what writes them, so that ``--help`` needs no more than this."""

from __future__ import annotations

from enum import StrEnum


class LintFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
