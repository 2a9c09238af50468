"""Findings as text, JSON, SARIF and GitHub's annotations.

SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Annotations:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from kg import __version__
from kg.model import Severity
from kg.wiki.findings import RULES
from kg.wiki.lint_format import LintFormat
from kg.wiki.linting import Report

#: As much of a line as is shown, and how much of it before the place.
_WIDTH: Final = 110
_BEFORE: Final = 50
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_GITHUB: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def write_reports(reports: Sequence[Report], format: LintFormat, base: Path) -> str:
    """Write findings.

    Parameters
    ----------
    reports : sequence of Report
        In the order in which they are to stand.
    format : LintFormat
        The form.
    base : Path
        The folder that paths are shown from, where they are below it.

    Returns
    -------
    str
        Ends with a newline, unless there is nothing to say.
    """
    if format is LintFormat.JSON:
        return json.dumps([_json(report, base) for report in reports], ensure_ascii=False, indent=2) + "\n"
    if format is LintFormat.SARIF:
        return json.dumps(_sarif(reports, base), ensure_ascii=False, indent=2) + "\n"
    if format is LintFormat.GITHUB:
        return "".join(_github(report, base) for report in reports)
    return "".join(_text(report, base) for report in reports)


def _shown_path(path: Path, base: Path) -> str:
    shown = path.relative_to(base) if path.is_relative_to(base) else path
    return shown.as_posix()


def _visible(text: str) -> str:
    """Leave nothing in a line that a terminal would act on, or that turns its direction."""
    return "".join(
        character
        if character == " " or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else ("�" if character != "\t" else " ")
        for character in text
    )


def _text(report: Report, base: Path) -> str:
    place = _visible(f"{_shown_path(report.path, base)}:{report.line}:{report.column}")
    name = RULES[report.code].name
    mend = "  (--fix mends it)" if report.is_fixable else ""
    lines = [f"{place}: {report.severity.value} {report.code} {name}: {_visible(report.message)}{mend}"]
    if report.source.strip():
        start = max(0, report.column - 1 - _BEFORE)
        shown = _visible(report.source[start : start + _WIDTH])
        lead = "…" if start else ""
        trail = "…" if start + _WIDTH < len(report.source) else ""
        at = report.column - 1 - start
        end = report.end_column - 1 - start if report.end_line == report.line else len(shown)
        caret = "^" + "~" * max(0, _columns(shown[at : min(end, len(shown))]) - 1)
        number = str(report.line)
        lines += [
            f"  {number} | {lead}{shown}{trail}",
            f"  {' ' * len(number)} | {' ' * (len(lead) + _columns(shown[:at]))}{caret}",
        ]
    return "\n".join(lines) + "\n"


def _columns(text: str) -> int:
    """Give how wide a text is on a terminal: letters of East Asia take two columns, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1 for c in text
    )


def _json(report: Report, base: Path) -> dict[str, Any]:
    return {
        "path": _shown_path(report.path, base),
        "line": report.line,
        "column": report.column,
        "end_line": report.end_line,
        "end_column": report.end_column,
        "code": report.code,
        "rule": RULES[report.code].name,
        "severity": report.severity.value,
        "message": report.message,
        "fixable": report.is_fixable,
    }


def _sarif(reports: Sequence[Report], base: Path) -> dict[str, Any]:
    codes = sorted({report.code for report in reports})
    rules = [
        {
            "id": code,
            "name": RULES[code].name,
            "shortDescription": {"text": RULES[code].summary},
            "help": {"text": f"{RULES[code].summary} See docs/wiki-lint.md, {code}."},
            "defaultConfiguration": {"level": RULES[code].severity.value},
        }
        for code in codes
    ]
    results = [
        {
            "ruleId": report.code,
            "ruleIndex": codes.index(report.code),
            "level": report.severity.value,
            "message": {"text": report.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(_shown_path(report.path, base))},
                        "region": {
                            "startLine": report.line,
                            "startColumn": report.column,
                            "endLine": report.end_line,
                            "endColumn": max(report.end_column, 1),
                        },
                    }
                }
            ],
        }
        for report in reports
    ]
    driver = {"name": "kg wiki lint", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _github(report: Report, base: Path) -> str:
    properties = {
        "file": _shown_path(report.path, base),
        "line": str(report.line),
        "endLine": str(report.end_line),
        "col": str(report.column),
        "endColumn": str(report.end_column),
        "title": f"{report.code} {RULES[report.code].name}",
    }
    if report.end_line != report.line:
        # Columns hold within one line alone.
        del properties["col"], properties["endColumn"]
    listed = ",".join(f"{name}={_escaped(value, in_property=True)}" for name, value in properties.items())
    return f"::{_GITHUB[report.severity]} {listed}::{_escaped(report.message)}\n"


def _escaped(text: str, *, in_property: bool = False) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if in_property else escaped
