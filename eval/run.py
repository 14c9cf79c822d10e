"""Running a gold file against a library."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.cases import Gold
from eval.score import Rate, Scored, rates_of, score
from rag.engine import Engine
from rag.errors import SettingsError
from rag.settings import Settings

__all__ = ["Scores", "evaluate"]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a run found."""

    gold: Gold
    scored: tuple[Scored, ...]
    rates: Mapping[str, Rate]
    quotes: float
    """Mean number of quotations in an answer."""
    p50_ms: float
    p95_ms: float
    settings_hash: str

    @property
    def balanced_accuracy(self) -> float:
        """Mean of answering what is answerable and refusing what is not."""
        return (
            self.rates["answered when answerable"].value + self.rates["refused when not"].value
        ) / 2

    @property
    def missed(self) -> dict[str, float]:
        """The thresholds not met. A rate without a single question meets none."""
        return {
            name: least
            for name, least in self.gold.thresholds.items()
            if not self._value(name) >= least
        }

    @property
    def passed(self) -> bool:
        """Whether the gate is open: every threshold met and no error."""
        return not self.missed and self.rates["errors"].hits == 0

    def _value(self, name: str) -> float:
        return self.balanced_accuracy if name == "balanced accuracy" else self.rates[name].value


def evaluate(home: Path, gold: Gold, settings: Settings) -> Scores:
    """Ask every question of a gold file.

    Args:
        home: the library's directory.
        gold: the questions.
        settings: those to answer with.

    Raises:
        SettingsError: the library lacks an article the gold file names, or a threshold has
            an unknown name.
        EmptyLibrary: there is nothing to ask.
    """
    scored: list[Scored] = []
    with Engine(home, settings) as engine:
        held = {gold.article_of(row.source) for row in engine.library.stored()}
        lacking = [name for name in gold.articles if name not in held]
        if lacking:
            raise SettingsError(
                f"The library has no article for {lacking[0]!r} ({gold.articles[lacking[0]]}) of"
                f" {gold.path.name}; ingest it, or name its folder with --articles."
            )
        for case in gold.cases:
            try:
                answer = engine.ask(case.question)
            except Exception as exc:  # a fault in one question must not hide the others
                nothing = Rate(0, 0)
                error = f"{type(exc).__name__}: {exc}"
                scored.append(Scored(case, None, error, nothing, False, False, False, False, False))
                continue
            scored.append(score(case, answer, gold, engine.library.article))
    rates = rates_of(scored)
    unknown = [n for n in gold.thresholds if n not in rates and n != "balanced accuracy"]
    if unknown:
        raise SettingsError(
            f"{gold.path}: there is no metric {unknown[0]!r} to have a threshold; there are"
            f" {', '.join(rates)} and balanced accuracy."
        )
    answers = [s.answer for s in scored if s.answer is not None]
    totals = sorted(a.timings_ms["total"] for a in answers) or [float("nan")]
    given = [len(a.citations) for a in answers if a.citations]
    return Scores(
        gold=gold,
        scored=tuple(scored),
        rates=rates,
        quotes=statistics.fmean(given) if given else 0.0,
        p50_ms=totals[len(totals) // 2],
        p95_ms=totals[min(len(totals) - 1, int(len(totals) * 0.95))],
        settings_hash=settings.hash,
    )
