"""The linker and the package's sentences as components of a spaCy pipeline.

Both are found by name once the package is installed, without an import::

    nlp = spacy.blank("en")
    nlp.add_pipe("kg_sentences")
    nlp.add_pipe("kg_linker", config={"lexicon": "terms.tsv"})

`kg_linker` sets ``doc.ents`` (of overlapping mentions the longest), each with its category for a label and its
CURIE as ``kb_id_``; ``doc.spans["kg"]`` has all mentions; ``span._.kg`` is the mention with its exact offsets,
and ``doc._.kg`` the list of all, discontinuous ones too.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from kg.errors import LinkError
from kg.link.inputs import replace_surrogates
from kg.link.lexicon import Lexicon
from kg.link.linker import Linker
from kg.link.output import json_row
from kg.link.primed import PrimedLinker
from kg.link.priors_file import read_priors, write_priors
from kg.link.sentences import split_sentences
from kg.model.record import Passage, Role
from kg.model.term import Category

#: Name of the span group that has all mentions.
SPANS_KEY = "kg"
_LEXICON, _PRIORS, _SETTINGS = "lexicon.bin", "priors.tsv.gz", "settings.json"


@Language.component("kg_sentences")
def mark_sentences(doc: Doc) -> Doc:
    """Set the sentence starts of a document as `split_sentences` gives them.

    A sentence that begins inside a token of spaCy's begins with the next one.

    Examples
    --------
    >>> import spacy
    >>> nlp = spacy.blank("en")
    >>> _ = nlp.add_pipe("kg_sentences")
    >>> [sentence.text for sentence in nlp("As in Fig. 2. We did so.").sents]
    ['As in Fig. 2.', 'We did so.']
    """
    starts = iter([start for start, _ in split_sentences(doc.text)])
    wanted = next(starts, None)
    for token in doc:
        begins = False
        while wanted is not None and token.idx >= wanted:
            begins = True
            wanted = next(starts, None)
        token.is_sent_start = begins
    return doc


def _add_extensions() -> None:
    if not Span.has_extension("kg"):
        Span.set_extension("kg", default=None)
    if not Doc.has_extension("kg"):
        Doc.set_extension("kg", default=None)


class Resources(NamedTuple):
    """What a linker is made of; nothing is read before a text is."""

    lexicon: str | None = None
    priors: str | None = None
    settings: str | None = None

    def make(self) -> Linker | PrimedLinker:
        """Make the linker."""
        if self.lexicon is not None:
            linker = Linker.from_lexicon_file(Path(self.lexicon))
        else:
            from kg.config import load_config
            from kg.ontology import load_vocabulary

            config = load_config(Path(self.settings) if self.settings is not None else None)
            linker = Linker.from_vocabulary(load_vocabulary(config), config.link, cache_dir=config.cache_dir)
        return PrimedLinker(linker, read_priors(Path(self.priors))) if self.priors is not None else linker


class LinkerComponent:
    """Links each document of a pipeline.

    Parameters
    ----------
    resources : Resources
        What to link with. They are read at the first document, as a pipeline that is loaded from disk makes its
        components before it gives them their data.
    taxa : tuple of str
        CURIEs of the texts' species, if all have the same; without them, those that a text names.
    """

    def __init__(self, resources: Resources, taxa: tuple[str, ...] = ()) -> None:
        self.resources = resources
        self.taxa = taxa
        _add_extensions()

    @cached_property
    def linker(self) -> Linker | PrimedLinker:
        """The linker, made when it is needed."""
        return self.resources.make()

    def __call__(self, doc: Doc) -> Doc:
        """Link one document."""
        text = replace_surrogates(doc.text)
        passage = Passage(record_id="text", section="text", role=Role.BODY, text=text)
        mentions = self.linker.link([passage], taxa=self.taxa)
        rows = [json_row(mention) for mention in mentions]
        doc._.kg = rows
        spans: list[Span] = []
        # A span may have two meanings (a region and a cell); the likelier is written last and stays.
        for row in sorted(rows, key=lambda row: row["score"]):
            if row["parts"]:
                continue
            span = doc.char_span(
                row["start"], row["end"], label=row["category"], kb_id=row["curie"], alignment_mode="expand"
            )
            if span is not None:
                span._.kg = row
                spans.append(span)
        doc.spans[SPANS_KEY] = sorted(spans, key=lambda span: (span.start, span.end))
        free = [span for span in spans if not any(token.ent_type for token in span)]
        # Other components' entities stay: what they found before is not ours to overrule.
        doc.set_ents(filter_spans(reversed(free)), default="unmodified")
        return doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write all that is needed to link the same way elsewhere: the compiled lexicon, priors, settings."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        primed = self.linker if isinstance(self.linker, PrimedLinker) else None
        linker = self.linker.linker if isinstance(self.linker, PrimedLinker) else self.linker
        linker.lexicon.save(folder / _LEXICON)
        if primed is not None:
            write_priors(primed.priors, folder / _PRIORS)
        settings = {
            "minimum_score": linker.minimum_score,
            "with_positions": linker.with_positions,
            "categories": sorted(linker.categories) if linker.categories is not None else None,
            "taxa": list(self.taxa),
        }
        (folder / _SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> LinkerComponent:
        """Read what `to_disk` wrote.

        Raises
        ------
        LinkError
            If the folder is not whole.
        """
        folder = Path(path)
        try:
            settings: dict[str, Any] = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
            lexicon = Lexicon.load(folder / _LEXICON)
        except (OSError, ValueError) as error:
            raise LinkError(f"the pipeline's linker can't be read: {error}", str(folder), "save it again") from error
        categories = settings["categories"]
        linker = Linker(
            lexicon,
            minimum_score=settings["minimum_score"],
            categories=[Category(name) for name in categories] if categories is not None else None,
            with_positions=settings["with_positions"],
        )
        priors = folder / _PRIORS
        self.linker = PrimedLinker(linker, read_priors(priors)) if priors.is_file() else linker
        self.taxa = tuple(settings["taxa"])
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Give what `to_disk` writes as bytes."""
        with tempfile.TemporaryDirectory() as name:
            self.to_disk(name)
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                for file in sorted(Path(name).iterdir()):
                    archive.writestr(zipfile.ZipInfo(file.name), file.read_bytes())
        return buffer.getvalue()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> LinkerComponent:
        """Read what `to_bytes` gave."""
        with tempfile.TemporaryDirectory() as name, zipfile.ZipFile(io.BytesIO(data)) as archive:
            for file in (_LEXICON, _PRIORS, _SETTINGS):
                if file in archive.namelist():
                    (Path(name) / file).write_bytes(archive.read(file))
            return self.from_disk(name)

    def __getstate__(self) -> bytes:
        """Pickle for processes that are spawned: an automaton has no pickle of its own."""
        return self.to_bytes()

    def __setstate__(self, state: bytes) -> None:
        """Unpickle."""
        self.resources = Resources()
        _add_extensions()
        self.from_bytes(state)


@Language.factory(
    "kg_linker",
    assigns=["doc.ents", "span._.kg", "doc._.kg"],
    default_config={"lexicon": None, "priors": None, "settings": None, "taxa": []},
)
def make_kg_linker(
    nlp: Language, name: str, lexicon: str | None, priors: str | None, settings: str | None, taxa: list[str]
) -> LinkerComponent:
    """Make the linker of a pipeline.

    Parameters
    ----------
    nlp : Language
        The pipeline; its tokens only decide where entities end.
    name : str
        The component's name.
    lexicon : str, optional
        File of surfaces (curie, surface, status) in place of the default vocabularies.
    priors : str, optional
        File that ``kg lexicon learn`` wrote.
    settings : str, optional
        ``kg.toml``: which vocabularies there are.
    taxa : list of str
        CURIEs of the texts' species.
    """
    return LinkerComponent(Resources(lexicon, priors, settings), tuple(taxa))
