"""Read any file of a source: its content, not its name, says which reader takes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from kg.errors import RecordError
from kg.harvest.files import FileReading, InputFile, file_problem, read_head, start_reading
from kg.model import Problem, Record, Severity, Source

#: Reads the files of one format. It yields their records, and with each record what is wrong with it, first; where
#: there can be no record it yields an error alone.
Reader = Callable[[FileReading], Iterator[Record | Problem]]

_YAML_KEY: Final = re.compile(
    r"^(?:'?@context'?|id|identifier|schemaKey|schemaVersion|name|description)\s*:", re.MULTILINE
)
_MEDLINE: Final = re.compile(r"^PMID- ", re.MULTILINE)
#: Endings of files that lie beside records and hold none.
_BESIDE: Final = (".tsv", ".csv", ".log", ".sha256", ".lock", ".license")
_BESIDE_NAMES: Final = frozenset(
    {"readme", "license", "licence", "stats", "provenance", "changelog", "notice", "copying"}
)


def read_file(file: InputFile) -> Iterator[Record | Problem]:
    """Read the records of a file.

    Parameters
    ----------
    file : InputFile
        From `find_files`.

    Yields
    ------
    Record or Problem
        Every record of the file, and a problem for everything that is wrong with it. Nothing in the
        file makes it raise; a file that holds no record gives at least one problem.
    """
    try:
        reading = start_reading(file)
        head = read_head(file)
        yield from _choose(reading, head)(reading)
    except RecordError as error:
        yield file_problem(file, "unreadable", error.what, mend=error.mend)
    except OSError as error:
        yield file_problem(
            file,
            "unreadable",
            f"it can't be read: {error.strerror or error}",
            mend="check the file and its permissions",
        )


def _choose(reading: FileReading, head: bytes) -> Reader:
    # By the name in its source: in the record store, a file is called after its hash.
    name = reading.file.relative.rsplit("/", 1)[-1].lower().removesuffix(".gz")
    if not head.strip():
        return _refuse("empty", "the file is empty")
    if b"\x00" in head[:1024] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _refuse("not-text", "it is binary, not text")
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", "replace").lstrip()
    choose = {Source.DANDI: _choose_dandi, Source.PUBMED: _choose_pubmed, Source.WIKI: _choose_wiki}[
        reading.file.source
    ]
    reader = choose(name, text)
    if reader is not None:
        return reader
    if name.endswith(_BESIDE) or name.split(".")[0] in _BESIDE_NAMES:
        return _refuse("not-a-record", "it lies beside the records and holds none", Severity.NOTE)
    return _refuse("unknown-format", _EXPECTED[reading.file.source])


_EXPECTED: Final = {
    Source.DANDI: "neither a dandiset.yaml nor the archive's JSON",
    Source.PUBMED: "neither PubMed XML nor MEDLINE",
    Source.WIKI: "neither a Markdown page, nor one as a wiki's API gives it, nor a scraped one",
}


def _refuse(rule: str, reason: str, severity: Severity = Severity.ERROR) -> Reader:
    def refuse(reading: FileReading) -> Iterator[Record | Problem]:
        yield reading.problem(rule, reason, severity=severity)

    return refuse


def _choose_dandi(name: str, text: str) -> Reader | None:
    from kg.harvest import dandi

    if text.startswith(("{", "[")) or name.endswith(".json"):
        return dandi.read_dandi_json
    if text.startswith("<"):
        return _refuse("wrong-source", "it is XML, which is no dandiset", Severity.ERROR)
    if name.endswith((".yaml", ".yml")) or (
        _YAML_KEY.search(text) and not name.endswith(_BESIDE) and not text.startswith("#!")
    ):
        return dandi.read_dandi_yaml
    return None


def _choose_pubmed(name: str, text: str) -> Reader | None:
    if text.startswith("<") or name.endswith(".xml"):
        from kg.harvest import pubmed

        return pubmed.read_pubmed_xml
    if _MEDLINE.search(text):
        from kg.harvest import medline

        return medline.read_medline
    if text.startswith("{") and '"error"' in text:
        return _refuse("entrez-error", f"E-utilities answered: {' '.join(text[:200].split())}")
    return None


def _choose_wiki(name: str, text: str) -> Reader | None:
    from kg.harvest import scraped, wiki

    if text.startswith("{"):
        from kg.harvest import wiki_api

        # A list of references without its page says nothing; a page that begins with a brace is still a page.
        is_page = any(f'"{field}"' in text for field in wiki_api.FIELDS)
        if is_page or not name.endswith((".json", ".md", ".markdown")):
            return wiki_api.read_api_page
    if scraped.SCRAPED_ID.search(" ".join(text.splitlines()[:6])) and not text.startswith("---"):
        return scraped.read_scraped
    if name.endswith((".md", ".markdown")):
        stem = name.rsplit(".", 1)[0]
        if stem in _BESIDE_NAMES and not text.startswith("---"):
            return None
        return wiki.read_markdown
    return None
