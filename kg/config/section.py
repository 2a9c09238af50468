"""What every part of the settings has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _as_list(value: object) -> object:
    if isinstance(value, str | Path):
        return (str(value),)
    if isinstance(value, list | tuple) and all(isinstance(item, str | Path) for item in value):
        return tuple(str(item) for item in value)
    raise ValueError("give a path, or a list of paths")


#: One path or a list of them, as ``kg.toml`` may have it.
PathList = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class Section(BaseModel):
    """A table of ``kg.toml``: it has the settings that are declared, and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)
