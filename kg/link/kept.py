"""Compiled lexicons in the cache: made once for the same vocabularies, found again, swept when they are old."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.errors import LinkError
from kg.link.lexicon import FORMAT, Lexicon
from kg.link.scope import rows_of_vocabulary
from kg.link.stops import read_stop_surfaces, stop_fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection

    from kg.model.term import Scope
    from kg.ontology import Vocabulary

_log = logging.getLogger(__name__)
#: How many compiled lexicons are kept: other settings, other releases, and going back to yesterday's.
_KEPT: Final = 6


def lexicon_of(vocabulary: Vocabulary, scopes: Collection[Scope], cache_dir: Path) -> Lexicon:
    """Find the compiled lexicon of vocabularies, or make and keep it.

    Parameters
    ----------
    vocabulary : Vocabulary
        Terms with their names.
    scopes : collection of Scope
        Which names.
    cache_dir : Path
        Where compiled lexicons are; one that is damaged is made again.
    """
    identity = "\n".join((str(FORMAT), vocabulary.fingerprint, ",".join(sorted(scopes)), stop_fingerprint()))
    path = cache_dir / f"lexicon-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.bin"
    try:
        return Lexicon.load(path)
    except FileNotFoundError as error:
        _log.debug("not compiled yet: %s", error)
    except LinkError as error:
        _log.warning("%s", error)
    stop = read_stop_surfaces(whole_vocabularies=True)
    lexicon = Lexicon.compile(rows_of_vocabulary(vocabulary), scopes=scopes, stop=stop)
    lexicon.save(path)
    _sweep(cache_dir)
    return lexicon


def _sweep(cache_dir: Path) -> None:
    """Remove the lexicons that were compiled longest ago; who reads one has all of it in memory."""
    made: dict[Path, int] = {}
    for path in cache_dir.glob("lexicon-*.bin"):
        with suppress(FileNotFoundError):  # another process sweeps too
            made[path] = path.lstat().st_mtime_ns
    for path in sorted(made, key=made.__getitem__, reverse=True)[_KEPT:]:
        path.unlink(missing_ok=True)
