"""Mermaid's own parser, in a JavaScript engine that is kept.

mermaidx brings the real Mermaid and QuickJS, and draws with them, with no browser and no network. Drawing takes
seconds; this asks the same Mermaid for its ``parse`` alone, in an engine of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import Any, Final

import quickjs
from mermaidx.engines._common import context_scripts

#: Mermaid copies its whole configuration whenever anything of it is asked for: a thousand settings, fifty times a
#: diagram. It replaces the configuration where it changes it, so one copy will do as long as that is the same.
_GET_CONFIG: Final = re.compile(r'=o\(\(\)=>([\w$]+)\(\{\},([\w$]+)\),"getConfig"\)')
_GET_CONFIG_ONCE: Final = r'=((held,of)=>o(()=>of===\2?held:(of=\2,held=\1({},\2)),"getConfig"))()'
#: What Mermaid's surroundings ask of Python where they draw; nothing is measured where nothing is drawn.
_SURROUNDINGS: Final = """
globalThis.__log = () => {};
globalThis.__measureText = () => 0;
globalThis.__measureTextFull = globalThis.__measureGlyphs = globalThis.__measureForeignObject = () => ({});
"""
_PARSE: Final = """
globalThis.__answer = null;
mermaid.parse(%s).then(
  (found) => { globalThis.__answer = JSON.stringify({type: found.diagramType}); },
  (error) => {
    globalThis.__answer = JSON.stringify({message: String(error.message), line: error.hash?.loc?.last_line});
  },
);"""
#: Whatever shows as text: nodes, and the boxes around them.
_READ: Final = """
globalThis.__answer = null;
mermaid.mermaidAPI.getDiagramFromText(%s).then(
  ({db}) => {
    const nodes = db.getVertices ? [...db.getVertices().values()].map(({id, text}) => [id, text ?? id]) : [];
    const boxes = db.getSubGraphs ? db.getSubGraphs().map(({id, title}) => [id, title || id]) : [];
    globalThis.__answer = JSON.stringify({nodes, boxes});
  },
  (error) => { globalThis.__answer = JSON.stringify({message: String(error.message)}); },
);"""
#: QuickJS hands Python no string that it still holds in pieces: slice() joins them.
_ANSWER: Final = "globalThis.__answer?.slice(0)"
_SILENT: Final = '{"message": "the parser gave no answer"}'
_STACK_BYTES: Final = 16 * 1024 * 1024


class MermaidParser:
    """Mermaid's ``parse``, without drawing.

    Parameters
    ----------
    quick : bool, default True
        Prepare Mermaid for an engine without a just-in-time compiler: a tenth of the time, the same answers. False
        leaves it as it comes.
    """

    def __init__(self, *, quick: bool = True) -> None:
        self._quick = quick
        # A QuickJS context belongs to one thread: this one, with a stack that is deep enough for it.
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mermaid")
        before = threading.stack_size(2 * _STACK_BYTES)
        try:
            started = self._executor.submit(self._start)
        finally:
            threading.stack_size(before)
        started.result()

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
        answer: dict[str, Any] = json.loads(self._executor.submit(self._ask, _PARSE, text).result())
        return answer

    def read(self, text: str) -> dict[str, Any]:
        """Read a flowchart.

        Parameters
        ----------
        text : str
            One that this parser has parsed: its first parse makes Mermaid know the kinds of diagrams.

        Returns
        -------
        dict
            ``nodes`` and ``boxes``, each a list of pairs of id and label, as written; ``message`` where it has a fault.
            Diagrams of other kinds have neither.
        """
        answer: dict[str, Any] = json.loads(self._executor.submit(self._ask, _READ, text).result())
        return answer

    def close(self) -> None:
        """End the engine's thread."""
        self._executor.shutdown(wait=True)

    def _start(self) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(512 * 1024 * 1024)
        self._context.set_max_stack_size(_STACK_BYTES)
        self._context.eval(_SURROUNDINGS)
        for script in context_scripts():
            self._context.eval(_GET_CONFIG.sub(_GET_CONFIG_ONCE, script) if self._quick else script)
        if self._quick:
            self._context.eval((files("kg.diagram") / "quicken.js").read_text(encoding="utf-8"))

    def _ask(self, question: str, text: str) -> str:
        self._context.eval(question % json.dumps(text))
        while (answer := self._context.eval(_ANSWER)) is None:
            if not self._run_job() and not self._context.eval("__runNextTimer()"):
                return _SILENT
        return str(answer)

    def _run_job(self) -> bool:
        try:
            return bool(self._context.execute_pending_job())
        except StopIteration:
            return False


@cache
def parser() -> MermaidParser:
    """Return the process's one parser; starting it takes a third of a second."""
    started = MermaidParser()
    atexit.register(started.close)
    return started


# A forked child has the parser, but not the parser's thread: it starts its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=parser.cache_clear)
