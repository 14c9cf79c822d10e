"""What a run found, as values that can be written to `results.json` and read back.

Everything that differs between two runs on the same library stands under `timings`. The
form is versioned by `SCHEMA`; `docs/eval.md` explains it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = [
    "SCHEMA",
    "Change",
    "CitedWords",
    "ClaimResult",
    "Fault",
    "GateResult",
    "GoldWords",
    "JudgeResult",
    "JudgeSummary",
    "Part",
    "Provenance",
    "QuestionResult",
    "Results",
    "Score",
    "Timings",
]

SCHEMA = "citewire-results/1"

Fault = Literal["error", "unscored", "retrieval", "evidence", "abstention", "citation", "answer"]
"""What went wrong with a question, named by the first part of the program that failed it."""

Part = tuple[float, float]
"""What one question adds to a score: a value of a weight. The score is the sum of the values
over the sum of the weights."""


@dataclass(frozen=True, slots=True)
class Score:
    """One number with what it rests on."""

    name: str
    group: str
    """The heading it stands under: answer, evidence, citations, quotes, abstention,
    retrieval, speed, usage or judge."""
    value: float | None
    """None where no question counts."""
    low: float | None
    high: float | None
    """The 95 % interval."""
    n: int
    """How many questions count."""
    better: Literal["higher", "lower"] = "higher"
    unit: str = ""
    """Empty for a share from 0 to 1; else ms, tokens, USD or quotations."""
    threshold: float | None = None
    """The lowest value (highest, where lower is better) that passes."""

    @property
    def missed(self) -> bool:
        """Whether it has a threshold and does not meet it. A score of no question meets none."""
        if self.threshold is None:
            return False
        if self.value is None:
            return True
        if self.better == "higher":
            return self.value < self.threshold
        return self.value > self.threshold


@dataclass(frozen=True, slots=True)
class GoldWords:
    """Words of an article that answer, as the gold names them."""

    file: str
    quote: str


@dataclass(frozen=True, slots=True)
class CitedWords:
    """A quotation with the words around it."""

    n: int
    file: str
    """Name of the article's file, without folders."""
    title: str | None
    outlet: str | None
    published: str | None
    start: int
    end: int
    quote: str
    before: str = ""
    after: str = ""
    fault: str | None = None
    """What is wrong with it; None where the words stand in the article as cited."""
    gold: bool = False
    """Whether it is a sentence that the gold names."""


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One sentence of the answer and what of it its citations don't carry."""

    text: str
    citations: tuple[int, ...]
    support: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """What a model said of one answer."""

    correct: bool | None
    """The majority of votes; None where no vote could be read."""
    faithful: bool | None
    votes: int
    unreadable: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question, its answer, and what each score made of it."""

    id: str
    question: str
    kind: str
    tags: tuple[str, ...]
    abstain: bool
    as_of: str | None
    gold_hash: str
    """Twelve hexadecimal digits; they change when the question or its gold does."""
    expected: tuple[str, ...]
    """What a right answer holds, for people."""
    supports: tuple[GoldWords, ...]
    status: Literal["answered", "not_found", "disagreement", "error", "not_asked"]
    """`not_asked`: only the ranking was judged."""
    error: str | None
    unscored: str | None
    """Why the question can't be scored although it was answered."""
    confidence: float | None
    answer: str
    claims: tuple[ClaimResult, ...]
    citations: tuple[CitedWords, ...]
    """With `not_found`: the nearest sentences."""
    parts: Mapping[str, Part]
    """By the score's name."""
    wrong: Fault | None
    judge: JudgeResult | None = None

    @property
    def scorable(self) -> bool:
        """Whether it counts in any score."""
        return self.error is None and self.unscored is None

    @property
    def answered(self) -> bool:
        """Whether the program claimed anything."""
        return self.status in ("answered", "disagreement")


@dataclass(frozen=True, slots=True)
class JudgeSummary:
    """What a model's judgement of all answers adds up to. It never decides the gate."""

    judged: int
    unscored: int
    """Answers of which no vote could be read; these fail the run."""
    agreement: float | None
    """How often it and `answer correct` or abstention say the same, 0 to 1."""
    agreement_n: int
    kappa: float | None
    """Cohen's; None where one of the two always says the same."""
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    """None where no price was given."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the numbers came from."""

    citewire: str
    commit: str | None
    dirty: bool | None
    """Whether the checkout had changes that were not committed; None outside a checkout."""
    python: str
    packages: Mapping[str, str]
    machine: str
    processors: int
    settings: Mapping[str, float | int | str]
    settings_hash: str
    writer: str
    model: str | None
    judge: str | None
    gold: str
    """Name of the gold file, folder or set."""
    gold_hash: str
    articles: int
    passages: int
    sentences: int
    library_hash: str
    """Changes when the text of any article does."""


@dataclass(frozen=True, slots=True)
class Change:
    """A score against the baseline's, over the questions that both have."""

    name: str
    before: float
    after: float
    low: float
    high: float
    """The 95 % interval of after − before, from a paired bootstrap."""
    n: int
    worse: tuple[str, ...]
    """Ids of the questions that lost."""
    better: tuple[str, ...]
    failed: bool


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether the build may go on, and why not."""

    passed: bool
    reasons: tuple[str, ...]
    baseline: str | None = None
    max_drop: float | None = None
    notes: tuple[str, ...] = ()
    """What else differs from the baseline's run, such as the library."""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Timings:
    """What differs from run to run."""

    started: str
    """ISO, UTC."""
    seconds: float
    """For asking all questions."""
    ingest_seconds: float | None
    """For making the temporary library; None where none was made."""
    scores: tuple[Score, ...] = ()
    """The scores of speed."""
    questions: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by question id."""


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run."""

    schema: str
    provenance: Provenance
    scores: tuple[Score, ...]
    errors: int
    unscored: int
    questions: tuple[QuestionResult, ...]
    gate: GateResult
    judge: JudgeSummary | None = None
    timings: Timings | None = None

    def score(self, name: str) -> Score | None:
        """The score of that name."""
        every = (*self.scores, *(self.timings.scores if self.timings else ()))
        return next((s for s in every if s.name == name), None)

    def as_baseline(self) -> Results:
        """What a later run is held to, and no more, so that it can be kept in a repository.

        Timings and the texts behind an answer go; what every question scored stays.
        """

        def bare(question: QuestionResult) -> QuestionResult:
            return replace(question, expected=(), supports=(), claims=(), citations=())

        return replace(self, timings=None, questions=tuple(map(bare, self.questions)))
