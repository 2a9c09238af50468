"""The requests of a DANDI archive's API that a harvest makes, and what its answers must look like.

The API: https://api.dandiarchive.org/swagger/. It makes no conditional requests possible by itself;
where a cache before it does, they are used. ``info`` of a version has the version's metadata verbatim.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kg.config import DandiHarvestConfig
from kg.errors import BodyError, StatusError
from kg.harvest.live.dandi_assets import AssetSummary
from kg.harvest.live.dandi_listing import fault_of_page
from kg.harvest.live.rows import Validators
from kg.harvest.live.session import HttpSession, Response

#: Most bytes of a page of assets: 1,000 with their metadata have 5 MB, zarr ones more.
_PAGE_BYTES: Final = 48 * 2**20
#: What the archive answers where something isn't there, or not for us.
GONE: Final = frozenset({404, 410})
WITHHELD: Final = frozenset({401, 403})
#: Passes over an asset listing that changes while it is read.
_MOST_PASSES: Final = 3


class DandiApi:
    """One archive."""

    def __init__(self, session: HttpSession, config: DandiHarvestConfig, token: str | None) -> None:
        self._session, self._config = session, config
        self._url = config.url.rstrip("/")
        self._headers = {"Authorization": f"token {token}"} if token else {}
        self._has_token = bool(token)

    def list_page(self, number: int, size: int | None) -> Mapping[str, Any] | None:
        """Give a page of dandisets; None where there is no such page."""
        params = {
            "ordering": "-modified",
            "draft": "true",
            "empty": "true",
            # Asked of one who isn't logged in, the archive refuses the whole listing.
            "embargoed": "true" if self._has_token else "false",
            "page": number,
            "page_size": size or self._config.page_size,
        }
        allow = GONE if number > 1 else ()
        response = self._session.get(
            f"{self._url}/dandisets/", params=params, headers=self._headers, allow=allow, check=fault_of_page
        )
        if response.status in GONE:
            explain_denial(response)
            return None
        document: Mapping[str, Any] = response.document
        return document

    def dandiset(self, identifier: str) -> Response:
        """Ask for a dandiset's own document: 200, or a status of `GONE` or `WITHHELD`."""
        return self._get(f"{self._url}/dandisets/{identifier}/", lambda found: _fault_of_dandiset(found, identifier))

    def info(self, identifier: str, version: str, validators: Validators | None) -> Response:
        """Ask for a version with its metadata: 200, 304, or a status of `GONE` or `WITHHELD`."""
        return self._get(self.info_url(identifier, version), lambda found: fault_of_info(found, identifier), validators)

    def info_url(self, identifier: str, version: str) -> str:
        """Give the address of a version's ``info``."""
        return f"{self._url}/dandisets/{identifier}/versions/{version}/info/"

    def metadata(self, identifier: str, version: str) -> Response:
        """Ask for a version's metadata alone, of an archive whose ``info`` lacks it."""
        url = f"{self._url}/dandisets/{identifier}/versions/{version}/"
        return self._get(url, lambda found: fault_of_metadata(found, identifier))

    def _get(self, url: str, check: Any, validators: Validators | None = None) -> Response:
        response = self._session.get(
            url, headers=self._headers, validators=validators, allow=GONE | WITHHELD, check=check
        )
        if response.status in GONE | WITHHELD:
            explain_denial(response)
        return response

    def assets(self, identifier: str, version: str) -> dict[str, Any] | None:
        """Read the listing of a version's assets and sum it up; None where it is gone or withheld.

        Raises
        ------
        BodyError
            If it keeps changing while it is read.
        """
        for _ in range(_MOST_PASSES):
            summary, count = AssetSummary(), None
            number, has_next = 0, True
            while has_next:
                number += 1
                # By path: an asset that is modified stays where it is.
                params = {
                    "metadata": "true",
                    "order": "path",
                    "page": number,
                    "page_size": self._config.page_size,
                }
                response = self._session.get(
                    f"{self._url}/dandisets/{identifier}/versions/{version}/assets/",
                    params=params,
                    headers=self._headers,
                    allow=GONE | WITHHELD,
                    max_bytes=_PAGE_BYTES,
                    check=_fault_of_assets,
                )
                if response.status != 200:
                    explain_denial(response)
                    if number == 1:
                        return None
                    break
                page = response.document
                count = page["count"] if number == 1 else count  # later pages have null there
                for asset in page["results"]:
                    summary.add(asset)
                has_next = bool(page.get("next"))
            if not isinstance(count, int) or summary.count == count:
                return summary.result()
        raise BodyError(
            f"the listing of its assets has {summary.count:,} where it says {count:,}, {_MOST_PASSES} times",
            f"{self._url}/dandisets/{identifier}/versions/{version}/assets/",
        )


def explain_denial(response: Response) -> str:
    """Give the archive's own words for saying no.

    Raises
    ------
    StatusError
        If it isn't the archive that says no, but something in between: a page of a proxy is no evidence.
    """
    try:
        said = json.loads(response.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("detail"), str):
        raise StatusError(
            f"it answers {response.status}, but not as the archive does",
            response.url,
            "see whether the archive's address is right",
            status=response.status,
        )
    return f"{response.status}: {said['detail'][:200]}"


def _is_of(found: Mapping[str, Any], identifier: str) -> bool:
    raw = found.get("identifier", found.get("id"))
    return isinstance(raw, str) and raw.removeprefix("DANDI:").split("/")[0] == identifier


def _fault_of_dandiset(found: object, identifier: str) -> str | None:
    if isinstance(found, dict) and _is_of(found, identifier):
        return None
    return f"it is not about dandiset {identifier}"


def fault_of_metadata(found: object, identifier: str) -> str | None:
    """Say why a document is no metadata of a dandiset; None if it is."""
    if not isinstance(found, dict) or not ({"name", "schemaVersion", "schemaKey"} & found.keys()):
        return "it is no dandiset's metadata"
    if ("identifier" in found or "id" in found) and not _is_of(found, identifier):
        return f"it is not about dandiset {identifier}"
    return None


def fault_of_info(found: object, identifier: str) -> str | None:
    """Say why a document is no ``info`` of a version; None if it is."""
    if not isinstance(found, dict) or "version" not in found:
        return "it is no version's info"
    dandiset = found.get("dandiset")
    if isinstance(dandiset, dict) and not _is_of(dandiset, identifier):
        return f"it is not about dandiset {identifier}"
    metadata = found.get("metadata")
    return None if metadata is None else fault_of_metadata(metadata, identifier)


def _fault_of_assets(found: object) -> str | None:
    if not isinstance(found, dict) or not isinstance(found.get("results"), list) or "count" not in found:
        return "it is no page of assets"
    if any(not isinstance(asset, dict) or not {"asset_id", "path"} & asset.keys() for asset in found["results"]):
        return "it lists something that is no asset"
    return None
