"""PubMed's files as https://ftp.ncbi.nlm.nih.gov/pubmed/ serves them: folders as pages of links, checksums beside."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.harvest.live.switchboard import Answer, Request
from tests.harvest.live.synthetic import Article, article_set


def mirror_file(articles: Iterable[Article], *, deleted: Sequence[int] = ()) -> bytes:
    """Write a file of the mirror; deletions stand at its end."""
    text = article_set(list(articles))
    if deleted:
        pmids = "".join(f'<PMID Version="1">{pmid}</PMID>' for pmid in deleted)
        text = text.replace(
            "</PubmedArticleSet>", f"<DeleteCitation>{pmids}</DeleteCitation></PubmedArticleSet>"
        )
    return gzip.compress(text.encode(), mtime=0)


@dataclass
class FakeMirror:
    """Files by their path, as ``baseline/pubmed26n0001.xml.gz``."""

    files: dict[str, bytes] = field(default_factory=dict)
    #: Checksums to give in place of the right ones.
    checksums: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def checksum(self, path: str) -> bytes:
        """The file ``.md5`` beside a file, in NLM's form."""
        digest = self.checksums.get(path) or hashlib.md5(self.files[path], usedforsecurity=False).hexdigest()
        return f"MD5({path.rsplit('/', 1)[-1]})= {digest}\n".encode()

    def __call__(self, request: Request) -> Answer:
        path = request.path.removeprefix("/pubmed/")
        self.asked.append(path)
        if path in self.files:
            return Answer(200, "application/x-gzip", self.files[path])
        if path.endswith(".md5") and path.removesuffix(".md5") in self.files:
            return Answer(200, "text/plain", self.checksum(path.removesuffix(".md5")))
        if path == "" or path in ("baseline/", "updatefiles/"):
            return Answer(200, "text/html;charset=UTF-8", self._page(path))
        return Answer(404, "text/html", b"<html><body>Not Found</body></html>")

    def _page(self, folder: str) -> bytes:
        names = {path.removeprefix(folder).split("/")[0] for path in self.files if path.startswith(folder)}
        names = {f"{name}/" if f"{folder}{name}" not in self.files else name for name in names}
        names |= {f"{name}.md5" for name in names if name.endswith(".gz")} | {"README.txt"}
        rows = "".join(f'<a href="{name}">{name}</a>   2026-01-15 10:11   19M\n' for name in sorted(names))
        head = (
            "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 3.2 Final//EN'>\n<html><head><title>Index</title></head>"
        )
        links = '<a href="?C=M;O=A">Last modified</a> <a href="/pubmed/">Parent Directory</a>'
        return f"{head}<body><pre>{links}\n{rows}</pre></body></html>".encode()

    def write(self, folder: Path) -> None:
        """Write the files and their checksums into a folder."""
        for path, data in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
            (folder / f"{path}.md5").write_bytes(self.checksum(path))
