"""The package's sentences in a spaCy pipeline: ``nlp.add_pipe("kg_sentences")`` after importing this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spacy.language import Language

from kg.link.sentences import split_sentences

if TYPE_CHECKING:
    from spacy.tokens import Doc


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
