"""Citewire's core: the library, retrieval, evidence, verification and the engine.

`Engine` is imported from `rag.engine`: it loads the models, this package does not.
"""

from rag.errors import CitewireError
from rag.settings import Settings
from rag.types import Answer, Article, Citation, Claim, Filters, Hit, Passage, Sentence

__all__ = [
    "Answer",
    "Article",
    "Citation",
    "CitewireError",
    "Claim",
    "Filters",
    "Hit",
    "Passage",
    "Sentence",
    "Settings",
]
