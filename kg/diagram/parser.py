"""Mermaid's own parser, in a JavaScript engine that is kept.

mermaidx runs the real Mermaid in QuickJS, with no browser and no network. Its public interface draws, which
takes seconds; this asks the same engine for Mermaid's ``parse`` alone.
"""

from __future__ import annotations

import atexit
import json
from functools import cache
from typing import Any

from mermaidx.engine import Engine

#: Mermaid's lexer asks each of a hundred patterns, all anchored by '^', whether it stands at the start of the rest of
#: the text, and QuickJS tries an anchored pattern at every place before it says no. A sticky copy of the pattern gives
#: the same answer from the first place alone: a diagram of thirty edges takes a tenth of a second, not six.
_ANCHOR = r"""
(() => {
  const match = String.prototype.match;
  const copies = new WeakMap();
  const isAnchored = (source) => {
    if (!source.startsWith('^')) return false;
    let depth = 0, inClass = false;
    for (let at = 1; at < source.length; at++) {
      const c = source[at];
      if (c === '\\') at++;
      else if (inClass) inClass = c !== ']';
      else if (c === '[') inClass = true;
      else if (c === '(') depth++;
      else if (c === ')') depth--;
      else if (c === '|' && depth === 0) return false;
    }
    return true;
  };
  String.prototype.match = function (pattern) {
    if (!(pattern instanceof RegExp)) return match.call(this, pattern);
    let copy = copies.get(pattern);
    if (copy === undefined) {
      const same = !pattern.global && !pattern.sticky && !pattern.multiline && isAnchored(pattern.source);
      copy = same ? new RegExp(pattern.source, pattern.flags + 'y') : null;
      copies.set(pattern, copy);
    }
    if (copy === null) return match.call(this, pattern);
    copy.lastIndex = 0;
    return copy.exec(this);
  };
})();
"""
_PARSE = """
globalThis.__answer = null;
mermaid.parse(%s).then(
  (found) => { globalThis.__answer = JSON.stringify({type: found.diagramType}); },
  (error) => {
    globalThis.__answer = JSON.stringify({message: String(error.message), line: error.hash?.loc?.last_line});
  },
);
"""
_SILENT = '{"message": "the parser gave no answer"}'


class MermaidParser(Engine):  # type: ignore[misc]  # mermaidx has no types
    """An engine that parses without drawing.

    Parameters
    ----------
    anchored : bool, default True
        Match the lexer's patterns at the start alone; False leaves the engine as mermaidx made it.
    """

    def __init__(self, *, anchored: bool = True) -> None:
        super().__init__()
        self._anchored = anchored

    def parse(self, text: str) -> dict[str, Any]:
        """Parse a diagram.

        Parameters
        ----------
        text : str
            Without lone surrogates.

        Returns
        -------
        dict
            ``type`` of the diagram, or ``message`` of the fault and its ``line``, counted from 1 in the text without
            its comments (None where the parser names no line).
        """
        if not self.started:
            self.start()
            atexit.register(self.close)
            if self._anchored:
                self._executor.submit(lambda: self._ctx.eval(_ANCHOR)).result()
        answer: dict[str, Any] = json.loads(self._executor.submit(self._parse, text).result())
        return answer

    def _parse(self, text: str) -> str:
        # On the engine's own thread: a QuickJS context belongs to one.
        self._ctx.eval(_PARSE % json.dumps(text))
        while not self._ctx.eval("!!globalThis.__answer"):
            if not self._run_job() and not self._ctx.eval("__runNextTimer()"):
                return _SILENT
        return str(self._ctx.eval("__flat(globalThis.__answer)"))


@cache
def parser() -> MermaidParser:
    """Return the process's one parser; starting it takes a third of a second."""
    return MermaidParser()
