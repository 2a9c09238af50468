"""Fetch records of PubMed in batches, one payload a record, and account for every PMID that was asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

from kg.errors import AnswerError, FetchError, HarvestError, PayloadError, RateLimitedError, SourceDownError
from kg.harvest.live.entrez import BATCH, Fetched
from kg.harvest.live.entrez_answers import FetchedRecord
from kg.harvest.live.harvester import Failure, SourceSummary
from kg.harvest.live.rows import Change, Receipt
from kg.harvest.live.store import RecordStore
from kg.model.progress import Progress

logger = logging.getLogger(__name__)

SOURCE: Final = "pubmed"
#: Records of a piece of a batch that failed. Two sizes, so that one bad record costs three failed requests in a row
#: and not one for each halving: `harvest.give_up_after` of them would end the run.
_PIECES: Final = (20, 1)


class Fetching(Protocol):
    """What fetches one batch."""

    def fetch(self, pmids: Sequence[int]) -> Fetched:
        """Give the records that PubMed has of these."""
        ...


class RecordFetcher:
    """Brings records into the store.

    Parameters
    ----------
    client : Fetching
        E-utilities.
    store : RecordStore
        Open for writing, in a run.
    summary : SourceSummary
        Counts what comes.
    progress : Progress
        Told of each batch.
    batch : int, default `BATCH`
        Records of one request.
    """

    def __init__(
        self,
        client: Fetching,
        store: RecordStore,
        summary: SourceSummary,
        progress: Progress,
        *,
        batch: int = BATCH,
    ) -> None:
        self._client, self._store, self._summary, self._progress = client, store, summary, progress
        self._batch = batch
        self._done = 0

    def fetch(
        self,
        pmids: Collection[int],
        *,
        wants: Callable[[FetchedRecord], bool] | None = None,
        step: str = "records",
    ) -> list[int]:
        """Fetch records and keep them.

        Parameters
        ----------
        pmids : collection of int
            Which; newest first.
        wants : callable, optional
            Tells whether a record is to be kept; the others count as fetched.
        step : str
            What the progress calls it.

        Returns
        -------
        list of int
            Those that PubMed was asked for twice and didn't give, though it answered.

        Raises
        ------
        SourceDownError, AnswerError
            If PubMed can't be asked at all. What came before is in the store.
        """
        wanted = sorted(set(pmids), reverse=True)
        self._done = 0
        absent: list[int] = []
        for batch in _chunks(wanted, self._batch):
            absent += self._fetch_batch(batch, _PIECES, wants)
            self._done += len(batch)
            self._progress(step, self._done, len(wanted))
        # Asked again by themselves: an answer may lack records and be well-formed.
        return [
            pmid
            for batch in _chunks(absent, self._batch)
            for pmid in self._fetch_batch(batch, _PIECES, wants)
        ]

    def _fetch_batch(
        self, batch: Sequence[int], pieces: tuple[int, ...], wants: Callable[[FetchedRecord], bool] | None
    ) -> list[int]:
        try:
            fetched = self._client.fetch(batch)
        except (SourceDownError, RateLimitedError):
            raise
        except HarvestError as error:
            if isinstance(error, AnswerError) and error.kind == "key":
                raise
            size = next((size for size in pieces if size < len(batch)), None)
            if size is None or not _may_be_one_record(error):
                self._fail(batch, error)
                return []
            logger.info("%d records failed (%s): asking in pieces of %d", len(batch), error.what, size)
            rest = pieces[pieces.index(size) + 1 :]
            return [pmid for piece in _chunks(batch, size) for pmid in self._fetch_batch(piece, rest, wants)]
        self._keep(fetched, wants)
        given = {record.pmid for record in fetched.records}
        return [pmid for pmid in batch if pmid not in given]

    def _keep(self, fetched: Fetched, wants: Callable[[FetchedRecord], bool] | None) -> None:
        shrunk: list[FetchedRecord] = []
        with self._store.batch():
            for record in fetched.records:
                if wants is not None and not wants(record):
                    continue
                try:
                    self._put(record, fetched.receipt)
                except PayloadError:
                    shrunk.append(record)
        for record in shrunk:
            self._confirm_shrunk(record)

    def _put(self, record: FetchedRecord, receipt: Receipt, *, confirmed: bool = False) -> None:
        self._summary.add(put_record(self._store, record, receipt, confirmed=confirmed))

    def _confirm_shrunk(self, record: FetchedRecord) -> None:
        """Believe that a record has become much smaller only if a second answer says the same."""
        try:
            again = self._client.fetch([record.pmid])
        except SourceDownError:
            raise
        except HarvestError as error:
            self._fail([record.pmid], error)
            return
        if [other.payload for other in again.records] == [record.payload]:
            self._put(record, again.receipt, confirmed=True)
        else:
            self._fail(
                [record.pmid],
                PayloadError("two answers differ, and one is less than half of the record before"),
            )

    def _fail(self, pmids: Sequence[int], error: HarvestError) -> None:
        with self._store.batch():
            for pmid in pmids:
                fail_record(self._store, self._summary, pmid, error.what)


def put_record(
    store: RecordStore, record: FetchedRecord, receipt: Receipt, *, confirmed: bool = False
) -> Change:
    """Keep a record under its PMID."""
    return store.put(
        SOURCE,
        str(record.pmid),
        record.payload,
        receipt,
        relative=f"pubmed/{record.pmid}.xml",
        meta={
            "dois": list(record.dois),
            "revised": record.revised,
            "asked": receipt.fetched_at or store.now(),
        },
        confirmed=confirmed,
    )


def fail_record(store: RecordStore, summary: SourceSummary, pmid: int, reason: str) -> None:
    """Note that a record couldn't be had."""
    store.mark_failed(SOURCE, str(pmid), reason)
    summary.failed.append(Failure(f"PMID:{pmid}", reason))


def _may_be_one_record(error: HarvestError) -> bool:
    """Tell whether a batch may have failed for what one of its records is, not for the state of the network."""
    return not isinstance(error, FetchError) or error.facts.get("status") is not None


def _chunks(items: Sequence[int], size: int) -> list[Sequence[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
