"""What a run may meet that is no fault of kg's code: its inputs, a server, the disk, memory."""

from __future__ import annotations

from typing import Final

from kg.errors import KgError, full_disk, out_of_memory

#: Of the last two only what comes of a lack of memory: `fault_of` tells them apart.
FAULTS: Final = (KgError, OSError, MemoryError, ImportError, RuntimeError)


def _known(error: BaseException) -> KgError | None:
    """Give what to tell of an error of the surroundings."""
    if isinstance(error, KgError):
        return error
    return (full_disk(error) if isinstance(error, OSError) else None) or out_of_memory(error)


def fault_of(error: BaseException) -> BaseException:
    """Give an error of the surroundings; one that is a fault of kg is raised again."""
    known = _known(error)
    if known is None and isinstance(error, (ImportError, RuntimeError)):
        raise error
    return known or error


def told_of(error: BaseException) -> str:
    """Say what an error is, for a run's record."""
    if known := _known(error):
        return str(known)
    if isinstance(error, KeyboardInterrupt):
        return "it was interrupted (Ctrl-C)"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
