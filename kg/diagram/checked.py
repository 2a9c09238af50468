"""Remember which Mermaid texts parse, so that nothing is parsed twice, in this run or the next.

The store is a file of hashes, one a line. A text that doesn't parse isn't in it: it is parsed again, and its error
told again. The file's name has the parser's version, so that a new parser begins anew.
"""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

from kg.diagram.render import check_mermaid

_DIGEST_LENGTH = 32


class CheckedTexts:
    """Mermaid texts that are known to parse.

    Parameters
    ----------
    cache_dir : Path
        `kg.config.KgConfig.cache_dir`; the store is made in it where there is none.
    """

    def __init__(self, cache_dir: Path) -> None:
        self.path = cache_dir / "mermaid" / f"parsed-{version('mermaidx')}.txt"
        lines = self.path.read_bytes().split(b"\n") if self.path.is_file() else []
        # A line cut off by a full disk is no digest, and counts for nothing.
        self._known = {line for line in lines if len(line) == _DIGEST_LENGTH}
        self._new: list[bytes] = []

    def check(self, text: str) -> None:
        """Parse a text unless it is known to parse.

        Raises
        ------
        DiagramError
            As `kg.diagram.check_mermaid` does.
        """
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH].encode()
        if digest in self._known:
            return
        check_mermaid(text)
        self._known.add(digest)
        self._new.append(digest)

    def save(self) -> None:
        """Add what was learnt to the store: once a run, or once a worker."""
        if not self._new:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # One write at the file's end: several processes may do so at a time. Begun with a line's end, so that it
        # doesn't go on where another was cut off.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write(b"\n" + b"\n".join(self._new) + b"\n")
        self._new.clear()
