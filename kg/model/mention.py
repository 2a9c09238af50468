"""Mentions: spans of passages that are linked to terms."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kg.model.term import Category


class Mention(BaseModel):
    """A span of a passage linked to a term.

    Raises
    ------
    pydantic.ValidationError
        If the span is empty, runs backwards or is not as long as its surface.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_id: str
    section: str
    start: int = Field(ge=0, description="Code points from the start of the passage's text")
    end: int
    surface: str = Field(description="passage.text[start:end], exactly")
    curie: str
    category: Category
    score: float = Field(default=1.0, ge=0, le=1, description="How likely the link is right")
    method: str = Field(description="Rule that made it: 'label', 'exact', 'abbreviation', 'adjective', 'acronym', …")
    parts: tuple[tuple[int, int], ...] = Field(default=(), description="Spans of a discontinuous mention; else empty")

    @classmethod
    def of_known(
        cls,
        *,
        record_id: str,
        section: str,
        start: int,
        end: int,
        surface: str,
        curie: str,
        category: Category,
        score: float,
        method: str,
        parts: tuple[tuple[int, int], ...],
    ) -> Mention:
        """Make a mention of values that are known to fit, in a quarter of the time that checking them takes.

        For the linker alone, which cuts the surface out of the text by the very span; everybody else calls the class.
        """
        made = cls.__new__(cls)
        # What BaseModel.model_construct does, without its loop over fields that might be missing.
        object.__setattr__(
            made,
            "__dict__",
            {
                "record_id": record_id,
                "section": section,
                "start": start,
                "end": end,
                "surface": surface,
                "curie": curie,
                "category": category,
                "score": score,
                "method": method,
                "parts": parts,
            },
        )
        object.__setattr__(made, "__pydantic_fields_set__", _FIELDS)
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made

    @model_validator(mode="after")
    def _span_fits(self) -> Mention:
        if self.end <= self.start or self.end - self.start != len(self.surface):
            raise ValueError(
                f"{self.record_id}#{self.section}: span {self.start}-{self.end} does not fit {self.surface!r}: "
                "give half-open offsets in code points of the passage's text"
            )
        return self


#: All of them are set in every mention that the linker makes.
_FIELDS = set(Mention.model_fields)
