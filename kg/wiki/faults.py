"""What is wrong with a Mermaid text, in words that fit on a line."""

from __future__ import annotations

import re

from kg.diagram.checked import CheckedTexts
from kg.errors import DiagramError


def find_fault(text: str, checked: CheckedTexts) -> DiagramError | None:
    """Give the error of a text that doesn't parse, or None."""
    try:
        checked.check(text)
    except DiagramError as error:
        return error
    return None


def short_fault(error: DiagramError) -> str:
    """Say what is wrong, without the parser's own list of what it would have taken: that has thirty names of tokens.

    Examples
    --------
    >>> short_fault(DiagramError("Mermaid can't parse it: Expecting 'SQE', 'PE', got 'SQS' in 'A[B[C'"))
    "Mermaid can't parse it: it doesn't expect SQS in 'A[B[C'"
    >>> short_fault(DiagramError("Mermaid can't parse it: Expecting 'SQE', 'PE', got '1' in 'A[x --> B'"))
    "Mermaid can't parse it: it doesn't expect the end in 'A[x --> B'"
    """
    # Jison's name for the end of the text is 1.
    said = re.sub(r"Expecting '.*', got '1'( in '.*')?$", r"it doesn't expect the end\1", error.what, flags=re.DOTALL)
    return re.sub(r"Expecting '.*', got '(\w+)'", r"it doesn't expect \1", said)
