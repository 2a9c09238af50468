"""Records made up by code: articles, book chapters and pages, the same for the same seed.

No sentence here was ever published. The forms (elements, attributes, order) are those of
https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape

_REGIONS = (
    "hippocampus",
    "entorhinal cortex",
    "substantia nigra",
    "striatum",
    "primary visual cortex",
    "amygdala",
)
_CELLS = ("parvalbumin interneurons", "astrocytes", "microglia", "pyramidal neurons", "dopaminergic neurons")
_DISEASES = (
    "Alzheimer disease",
    "Parkinson disease",
    "epilepsy",
    "Huntington disease",
    "frontotemporal dementia",
)
_MECHANISMS = ("synaptic dysfunction", "neuroinflammation", "tau aggregation", "mitochondrial dysfunction")
_SURNAMES = ("Okafor", "Lindqvist", "Ramírez", "Sørensen", "Nakamura", "O'Brien", "Çelik")

_DOCTYPE = (
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">'
)


@dataclass(frozen=True)
class Article:
    """What a fake PubMed knows of one record."""

    pmid: int
    title: str
    abstract: str
    doi: str | None
    entered: datetime.date
    revised: datetime.date
    #: Grows with every revision, and shows in the abstract.
    revision: int = 0
    is_book: bool = False
    #: DOIs under which a search finds it though they are not its own (a retracted twin, a chapter's book).
    found_by: tuple[str, ...] = field(default=())

    def revise(self, on: datetime.date) -> Article:
        """Give the record after a revision."""
        return replace(self, revision=self.revision + 1, revised=on)

    @property
    def xml(self) -> str:
        """The record as EFetch has it."""
        return _book_xml(self) if self.is_book else _article_xml(self)


def make_article(pmid: int, *, seed: int = 0, padding: int = 0) -> Article:
    """Make up an article; one in eleven has no DOI, one in nine no abstract.

    Parameters
    ----------
    pmid : int
        Its id, which with the seed decides everything else.
    seed : int, default 0
        Another seed gives other texts under the same ids.
    padding : int, default 0
        How many more sentences the abstract has, to give records the size of real ones.
    """
    rng = random.Random(f"{seed}/{pmid}")
    region, cell = rng.choice(_REGIONS), rng.choice(_CELLS)
    disease, mechanism = rng.choice(_DISEASES), rng.choice(_MECHANISMS)
    entered = datetime.date(2005, 1, 1) + datetime.timedelta(days=rng.randrange(7000))
    sentences = [
        f"We recorded {cell} in the {region} of {rng.choice(('mice', 'rats', 'patients'))}.",
        f"Firing fell by {rng.randrange(5, 60)} % in models of {disease} (p < 0.0{rng.randrange(1, 5)}).",
        f"{mechanism.capitalize()} in the {region} contributes to {disease}.",
    ]
    sentences += [
        f"Unit {rng.randrange(10**6)} of the {region} answered {rng.randrange(100)} of 100 trials, naïve or trained."
        for _ in range(padding)
    ]
    return Article(
        pmid=pmid,
        title=f"{mechanism.capitalize()} of {cell} in the {region} and {disease}",
        abstract="" if rng.randrange(9) == 0 else " ".join(sentences),
        doi=None if rng.randrange(11) == 0 else f"10.5555/synthetic.{pmid}",
        entered=entered,
        revised=entered + datetime.timedelta(days=rng.randrange(300)),
    )


def make_book(pmid: int, *, seed: int = 0) -> Article:
    """Make up a book chapter, which EFetch writes as a ``PubmedBookArticle``."""
    return replace(make_article(pmid, seed=seed), is_book=True, doi=None)


def article_set(articles: list[Article]) -> str:
    """Write records as one answer of EFetch."""
    records = "".join(item.xml for item in articles)
    return f'<?xml version="1.0" ?>\n{_DOCTYPE}\n<PubmedArticleSet>{records}</PubmedArticleSet>'


def _date_xml(tag: str, date: datetime.date) -> str:
    return f"<{tag}><Year>{date.year}</Year><Month>{date.month:02}</Month><Day>{date.day:02}</Day></{tag}>"


def _article_xml(item: Article) -> str:
    surname = _SURNAMES[item.pmid % len(_SURNAMES)]
    text = f"{item.abstract} Revision {item.revision}." if item.abstract else ""
    abstract = f"<Abstract><AbstractText>{escape(text)}</AbstractText></Abstract>" if text else ""
    location = f'<ELocationID EIdType="doi" ValidYN="Y">{item.doi}</ELocationID>' if item.doi else ""
    doi = f'<ArticleId IdType="doi">{item.doi}</ArticleId>' if item.doi else ""
    status = (("pubmed", item.entered), ("entrez", item.entered))
    history = "".join(
        f'<PubMedPubDate PubStatus="{name}"><Year>{date.year}</Year><Month>{date.month}</Month>'
        f"<Day>{date.day}</Day></PubMedPubDate>"
        for name, date in status
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM" IndexingMethod="Automated">'
        f'<PMID Version="1">{item.pmid}</PMID>{_date_xml("DateRevised", item.revised)}'
        f'<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Internet"><PubDate>'
        f"<Year>{item.entered.year}</Year>"
        f"</PubDate></JournalIssue><Title>Journal of made-up results</Title></Journal>"
        f"<ArticleTitle>{escape(item.title)}.</ArticleTitle>{location}{abstract}"
        f'<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>{escape(surname)}</LastName>'
        f"<Initials>A</Initials></Author></AuthorList>"
        f'<Language>eng</Language><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>'
        f"</PublicationTypeList></Article><MedlineJournalInfo><MedlineTA>J Made Up</MedlineTA></MedlineJournalInfo>"
        f"</MedlineCitation><PubmedData><History>{history}</History><PublicationStatus>ppublish</PublicationStatus>"
        f'<ArticleIdList><ArticleId IdType="pubmed">{item.pmid}</ArticleId>{doi}</ArticleIdList></PubmedData>'
        f"</PubmedArticle>"
    )


def _book_xml(item: Article) -> str:
    return (
        f'<PubmedBookArticle><BookDocument><PMID Version="1">{item.pmid}</PMID><ArticleIdList>'
        f'<ArticleId IdType="bookaccession">NBK{item.pmid}</ArticleId></ArticleIdList><Book><Publisher>'
        f"<PublisherName>No Press</PublisherName></Publisher><BookTitle>Made-up disorders</BookTitle>"
        f"<PubDate><Year>{item.entered.year}</Year></PubDate></Book><ArticleTitle>{escape(item.title)}</ArticleTitle>"
        f'<Language>eng</Language><PublicationType UI="D016454">Review</PublicationType>'
        f"<Abstract><AbstractText>{escape(item.abstract or 'None.')} Revision {item.revision}."
        f"</AbstractText></Abstract>"
        f"</BookDocument><PubmedBookData><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{item.pmid}</ArticleId></ArticleIdList></PubmedBookData></PubmedBookArticle>'
    )


def make_page(number: int, *, seed: int = 0) -> dict[str, object]:
    """Make up a wiki page as its JSON API holds it."""
    rng = random.Random(f"page/{seed}/{number}")
    region, cell, disease = rng.choice(_REGIONS), rng.choice(_CELLS), rng.choice(_DISEASES)
    kind = ("mechanisms", "diseases", "datasets")[number % 3]
    body = (
        f"# Page {number} on {region}\n\n## Overview\n\n{cell.capitalize()} of the {region} are lost in {disease} "
        f"[@ref{number}]. See [another page](/{kind}/page-{number + 1}).\n"
    )
    return {
        "ref": {"type": "wiki_page", "id": f"{kind}-page-{number}"},
        "content": {
            "slug": f"{kind}-page-{number}",
            "title": f"Page {number} on {region}",
            "entity_type": kind.rstrip("s"),
            "content_md": body,
            "refs_json": {
                f"ref{number}": {"title": f"On {cell}", "year": "2019", "pmid": str(1000 + number)}
            },
        },
        "created_at": "2026-01-02T03:04:05Z",
        "quality_score": round(rng.random(), 3),
        "links": [],
    }
