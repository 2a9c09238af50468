"""The manifest of a folder of changed pages: what to upload to a wiki that lives behind an API."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from kg.errors import ConfigError
from kg.wiki.updating import CHANGES, Updated

MANIFEST: Final = "manifest.json"
#: Number of the manifest's shape.
_SHAPE: Final = 1


def prepare_folder(folder: Path, pages: Iterable[Path]) -> None:
    """Make the folder that changed pages are written to; what an earlier run wrote there is removed.

    Raises
    ------
    ConfigError
        If the folder holds anything else, or pages are read from it.
    """
    inside = folder.absolute().resolve()
    if any(page.resolve().is_relative_to(inside) for page in pages):
        raise ConfigError("pages are read from this folder", f"--to {folder}", "name a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / MANIFEST
    if not manifest.is_file():
        if next(folder.iterdir(), None) is not None:
            raise ConfigError(
                "the folder holds something else; it is left alone", f"--to {folder}", "name a new or empty folder"
            )
        return
    try:
        listed = [str(page["path"]) for page in json.loads(manifest.read_bytes())["pages"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("its manifest can't be read", str(manifest), "name a new or empty folder") from error
    for relative in listed:
        path = folder / relative
        if path.resolve().is_relative_to(inside) and not path.is_symlink():
            path.unlink(missing_ok=True)
    manifest.unlink()


def write_manifest(folder: Path, build_id: str, results: Iterable[Updated]) -> int:
    """Write what is to be uploaded, and give how many pages that is."""
    pages: list[dict[str, Any]] = []
    for result in results:
        if result.action not in CHANGES or result.page_id is None:
            continue
        slug = result.page_id.removeprefix("wiki:")
        pages.append(
            {
                "id": result.page_id,
                "slug": slug,
                # As the wiki's API names its pages: POST /api/scidex/get takes {"ref": {"type": …, "id": …}}.
                "ref": {"type": "wiki_page", "id": f"wiki-{slug.replace('/', '-')}"},
                "path": result.relative,
                "action": result.action.value,
                "sha256_old": result.sha256,
                "sha256_new": result.new_sha256,
            }
        )
    text = json.dumps({"shape": _SHAPE, "build": build_id, "pages": pages}, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return len(pages)
