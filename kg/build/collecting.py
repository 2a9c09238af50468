"""When Python looks for garbage in cycles during a build: seldom.

A vocabulary is some million objects that stay for the whole build, and a build makes millions more. With
Python's own settings, which look after every 700 new objects, looking through them takes a tenth of a
build of which little has changed.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Objects that are made before the youngest are looked at, and how many such looks before the older ones are.
_SELDOM: Final = (50_000, 20, 20)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for garbage seldom, and not at all among what is there already.

    What is made within can be left out of it too, by `leave_out`. Afterwards it is looked for as often as before,
    and among everything: also what whoever calls this had left out himself, which Python can't tell apart.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def leave_out() -> None:
    """Leave everything that is there now out of the looking: it was made to stay."""
    gc.freeze()
