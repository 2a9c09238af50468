"""PubMed's baseline and update files, from a folder or a web server: in order, checked, deletions honoured.

https://ftp.ncbi.nlm.nih.gov/pubmed/ has them: ``baseline/pubmed26n0001.xml.gz``, ``updatefiles/pubmed26n1335.xml.gz``,
each with a ``.md5`` beside it. A later file's record replaces an earlier one's, so a file that can't be read stops
the reading there; the next run goes on with it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

from kg.errors import BodyError, HarvestError, PayloadError, SourceDownError
from kg.harvest.files import STREAM_LIMIT
from kg.harvest.live.bodies import CHUNK_BYTES, UnusableBody, gunzip
from kg.harvest.live.entrez_answers import own_dois, read_record, record_pmid, revised_on
from kg.harvest.live.harvester import Failure, SourceSummary
from kg.harvest.live.pubmed_fetch import SOURCE, fail_record, put_record
from kg.harvest.live.pubmed_wanted import Named
from kg.harvest.live.rows import Change, Receipt
from kg.harvest.live.session import HttpSession
from kg.harvest.live.store import RecordStore
from kg.harvest.xml_records import forget, make_record_parser
from kg.model.progress import Progress

logger = logging.getLogger(__name__)

#: Name under which the store keeps which files were read.
STATE: Final = "pubmed-mirror"
#: Most bytes of a file, compressed: the largest have 0.1 GB.
_FILE_BYTES: Final = 512 * 2**20
#: Records that are put together.
_BATCH: Final = 500
_NAME: Final = re.compile(r"^pubmed\d+n(\d+)\.xml\.gz$")
_HREF: Final = re.compile(rb"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_MD5: Final = re.compile(r"\b([0-9a-f]{32})\b", re.IGNORECASE)
_FOLDERS: Final = ("baseline", "updatefiles")


@dataclass(frozen=True)
class _MirrorFile:
    name: str
    address: str


class MirrorReader:
    """Brings the store up to date with a mirror's files.

    Parameters
    ----------
    mirror : str
        A folder, or the address of one; its subfolders ``baseline`` and ``updatefiles`` are looked into.
    session : HttpSession or None
        For an address; a folder needs none.
    store, summary, progress
        As in `Harvester.harvest`.
    """

    def __init__(
        self,
        mirror: str,
        session: HttpSession | None,
        store: RecordStore,
        summary: SourceSummary,
        progress: Progress,
    ) -> None:
        self._mirror, self._http = mirror, session
        self._store, self._summary, self._progress = store, summary, progress
        self._is_remote = mirror.startswith(("http://", "https://"))
        self._number = 0
        #: Whether records that are much smaller than before are believed.
        self._is_sure = self._refresh = False
        #: Whether a file is read that was read before, after which later files were.
        self._is_again = False
        #: Which file took a record back, by its place in the order: an earlier one that is read again doesn't bring it.
        self._deleted: dict[int, int] = {}
        #: PMIDs in the store: a file has 30,000 records, of which few are.
        self._held: set[int] = set()

    @property
    def _session(self) -> HttpSession:
        assert self._http is not None, "an address is read through a session"
        return self._http

    def read(self, wanted: Named | None, *, limit: int | None, refresh: bool, rescan: bool = False) -> None:
        """Read the files that weren't read before.

        Parameters
        ----------
        wanted : Named or None
            Which records to keep, besides those that are held; None for all.
        limit : int or None
            Most records to keep; reading stops there, and goes on in the next run.
        refresh : bool
            Read every file again.
        rescan : bool, default False
            Read a file again where it may have a record that is wanted and wasn't when it was read.

        Raises
        ------
        SourceDownError, HarvestError
            If the mirror can't be listed.
        """
        states = self._store.state(STATE)
        self._refresh = refresh
        files = self._list()
        if not files:
            raise HarvestError(
                "it has no files named pubmed…n….xml.gz", self._mirror, "correct harvest.pubmed.mirror"
            )
        order = {file.name: number for number, file in enumerate(files)}
        self._deleted = {
            pmid: order[name] for name, read in states.items() for pmid in read["deleted"] if name in order
        }
        self._held = {int(item.key) for item in self._store.current(SOURCE)}
        lacking = self._lacking(wanted) if rescan else Named()
        for number, file in enumerate(files, start=1):
            self._number = number - 1
            before = None if refresh else states.get(file.name)
            try:
                kept = self._read_file(file, before, wanted, lacking, limit)
            except SourceDownError:
                raise
            except (HarvestError, UnusableBody, OSError) as error:
                reason = getattr(error, "what", None) or getattr(error, "reason", None) or str(error)
                self._summary.failed.append(Failure(file.name, str(reason)))
                if number < len(files):
                    self._summary.notes.append(f"{len(files) - number:,} files after {file.name} wait for it")
                return
            if limit is not None:
                limit -= kept
                if limit <= 0:
                    self._summary.notes.append(
                        "the mirror's other records are left for the next run by --limit"
                    )
                    return
            self._progress("mirror files", number, len(files))

    def _lacking(self, wanted: Named | None) -> Named:
        """Give what is wanted and not held, where the mirror alone can have it."""
        if wanted is None:
            return Named()
        held = {int(item.key): item.meta.get("dois", ()) for item in self._store.current(SOURCE)}
        known = {doi for dois in held.values() for doi in dois}
        return Named(wanted.pmids - held.keys() - self._deleted.keys(), wanted.dois - known)

    # Listing.

    def _list(self) -> list[_MirrorFile]:
        found = self._list_remote() if self._is_remote else self._list_folder()
        return sorted(found, key=lambda file: (int(_NAME.match(file.name)[1]), file.name))  # type: ignore[index]

    def _list_folder(self) -> list[_MirrorFile]:
        root = Path(self._mirror)
        if not root.is_dir():
            raise HarvestError("there is no such folder", self._mirror, "correct harvest.pubmed.mirror")
        paths = (
            path for folder in (root, *(root / name for name in _FOLDERS)) for path in folder.glob("*.xml.gz")
        )
        return [_MirrorFile(path.name, str(path)) for path in paths if _NAME.match(path.name)]

    def _list_remote(self) -> list[_MirrorFile]:
        root = self._mirror.rstrip("/") + "/"
        names = self._index(root)
        found = [_MirrorFile(name, urljoin(root, name)) for name in names if _NAME.match(name)]
        for folder in (name for name in names if name.rstrip("/") in _FOLDERS):
            below = urljoin(root, folder.rstrip("/") + "/")
            found += [
                _MirrorFile(name, urljoin(below, name)) for name in self._index(below) if _NAME.match(name)
            ]
        return found

    def _index(self, url: str) -> list[str]:
        """Give the names that a server's page of a folder links, in it and not elsewhere."""
        body = self._session.get(url, expect="html").body
        addresses = (urljoin(url, unquote(match.decode("utf-8", "replace"))) for match in _HREF.findall(body))
        base = urlsplit(url)
        names = []
        for address in addresses:
            parts = urlsplit(address)
            if parts.netloc == base.netloc and parts.path.startswith(base.path) and not parts.query:
                name = parts.path.removeprefix(base.path)
                if name and "/" not in name.rstrip("/"):
                    names.append(name)
        return list(dict.fromkeys(names))

    # One file.

    def _read_file(
        self,
        file: _MirrorFile,
        before: dict[str, Any] | None,
        wanted: Named | None,
        lacking: Named,
        limit: int | None,
    ) -> int:
        if before is not None and self._is_remote and not _may_hold(before, lacking):
            return 0  # released files never change, and asking for a thousand checksums takes minutes
        md5 = self._checksum(file)
        if before is not None and before["md5"] == md5 and not _may_hold(before, lacking):
            return 0
        data, url = self._open(file, md5)
        # If its checksum was right and a record is much smaller now, NLM has made it so.
        self._is_sure = md5 is not None or self._refresh
        self._is_again = before is not None and before["md5"] == md5
        return self._take(file.name, md5, data, url, wanted, limit)

    def _checksum(self, file: _MirrorFile) -> str | None:
        """Give the MD5 that the mirror says a file has; None where it says none."""
        if self._is_remote:
            answer = self._session.get(
                file.address + ".md5", expect="text", allow=(404,), max_bytes=CHUNK_BYTES
            )
            text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
        else:
            beside = Path(file.address + ".md5")
            text = beside.read_text(encoding="utf-8", errors="replace") if beside.is_file() else ""
        # NLM writes "MD5(name)= hash", md5sum "hash  name".
        match = _MD5.search(text)
        if match is None:
            self._summary.notes.append(f"{file.name} has no checksum beside it")
        return match[1].lower() if match else None

    def _open(self, file: _MirrorFile, md5: str | None) -> tuple[Iterator[bytes], str]:
        """Give a file's compressed bytes, after their checksum was found right."""
        if not self._is_remote:
            path = Path(file.address)
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            _compare(file, digest, md5)
            return _chunks_of(path), path.absolute().as_uri()

        def check(body: bytes) -> str | None:
            digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
            return None if md5 in (None, digest) else f"its MD5 is {digest}, and {md5} is announced"

        answer = self._session.get(file.address, expect="gzip", max_bytes=_FILE_BYTES, check=check)
        body = answer.body
        return (body[start : start + CHUNK_BYTES] for start in range(0, len(body), CHUNK_BYTES)), answer.url

    def _take(
        self,
        name: str,
        md5: str | None,
        data: Iterator[bytes],
        url: str,
        wanted: Named | None,
        limit: int | None,
    ) -> int:
        """Put the records of a file that are wanted, and mark those deleted that it says are."""
        waiting: list[Any] = []
        kept, low, high = 0, None, 0
        most = _BATCH if limit is None else min(_BATCH, limit)
        deleted: list[int] = []
        receipt = Receipt(url=url)
        for element in _elements(data):
            if element.tag == "DeleteCitation":
                kept += self._put(waiting, receipt)
                deleted += self._delete(element, name)
                continue
            pmid = record_pmid(element)
            if pmid is None:
                continue
            low, high = min(pmid, low or pmid), max(pmid, high)
            if self._wants(pmid, element, wanted) and (record := read_record(element)) is not None:
                waiting.append(record)
            if len(waiting) >= most:
                kept += self._put(waiting, receipt)
                if limit is not None:
                    if kept >= limit:
                        return kept
                    most = min(_BATCH, limit - kept)
        with self._store.batch():
            kept += self._put(waiting, receipt)
            read = {"md5": md5, "low": low or 0, "high": high, "deleted": deleted, "at": self._store.now()}
            self._store.state(STATE)[name] = read
        return kept

    def _wants(self, pmid: int, element: Any, wanted: Named | None) -> bool:
        if self._deleted.get(pmid, -1) > self._number:
            return False
        if wanted is None or pmid in wanted.pmids:
            is_wanted = True
        else:
            is_wanted = bool(wanted.dois and wanted.dois.intersection(own_dois(element)))
        held = self._store.get(SOURCE, str(pmid)) if pmid in self._held else None
        if held is None:
            return is_wanted
        # What E-utilities or a later file gave since may be newer than the file, also of the same day.
        revised, here = str(held.meta.get("revised") or ""), revised_on(element)
        return revised < (here or "") if self._is_again else not revised or revised <= (here or "9999")

    def _put(self, waiting: list[Any], receipt: Receipt) -> int:
        """Keep records; give how many of them are new or have changed."""
        kept = 0
        with self._store.batch():
            for record in waiting:
                try:
                    change = put_record(self._store, record, receipt, confirmed=self._is_sure)
                except PayloadError as error:
                    fail_record(self._store, self._summary, record.pmid, error.what)
                    continue
                self._summary.add(change)
                self._held.add(record.pmid)
                kept += change is not Change.UNCHANGED
        waiting.clear()
        return kept

    def _delete(self, element: Any, name: str) -> list[int]:
        texts = ((node.text or "").strip() for node in element.iterfind("PMID"))
        pmids = [int(text) for text in texts if text.isascii() and text.isdecimal()]
        for pmid in pmids:
            if pmid in self._held:
                self._held.discard(pmid)
                self._store.mark_deleted(SOURCE, str(pmid), f"{name} says that PubMed has deleted it")
                self._summary.deleted += 1
        return pmids


def _compare(file: _MirrorFile, digest: str, md5: str | None) -> None:
    if md5 is not None and digest != md5:
        raise BodyError(f"its MD5 is {digest}, and {md5} is announced", file.address, "fetch it again")


def _may_hold(before: dict[str, Any], lacking: Named) -> bool:
    if lacking.dois:
        return True
    return any(before["low"] <= pmid <= before["high"] for pmid in lacking.pmids)


def _chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _elements(data: Iterator[bytes]) -> Iterator[Any]:
    """Give the records and deletions of a file, one in memory at a time; `UnusableBody` where it is damaged."""
    parser = make_record_parser("DeleteCitation")
    size = 0
    try:
        for piece in gunzip(data):
            if not size and re.search(rb"<!ENTITY", piece[: piece.find(b"<Pubmed")]):
                raise UnusableBody("it declares XML entities, which PubMed's files never do")
            size += len(piece)
            if size > STREAM_LIMIT:
                raise UnusableBody(f"it has more than {STREAM_LIMIT:,} bytes when decompressed")
            parser.feed(piece)
            for _, element in parser.read_events():
                yield element
                forget(element)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise UnusableBody(f"it is not well-formed XML: {error}") from None
