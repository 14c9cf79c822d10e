"""Drawing without a plotting library: tags, scales, ticks and axes, as SVG in text.

The page's style sheet gives classes their colours, so that a plot follows light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Frame", "Plot", "Scale", "line", "nice_step", "picture", "tag", "ticks", "words"]


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture with its words."""

    name: str
    title: str
    svg: str
    """Empty where there is nothing to draw; the caption says why."""
    caption: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to places on the picture."""

    low: float
    high: float
    start: float
    """The place of `low`."""
    end: float
    """The place of `high`."""

    def __call__(self, value: float) -> float:
        """The place of a value; what is outside stands at the edge."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a plot between its axes, and what stands along them."""

    x: Scale
    y: Scale
    x_title: str
    x_ticks: Sequence[float]
    y_title: str = ""
    y_ticks: Sequence[float] = ()
    """None where the rows have labels of their own."""

    def drawn(self) -> str:
        """Grid, axis, numbers and titles."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        turned = f"translate(13 {_plain((top + bottom) / 2)}) rotate(-90)"
        title = tag(
            "text",
            escape(self.y_title),
            transform=turned,
            class_="axis-title",
            text_anchor="middle",
        )
        return "".join(
            (
                *(line(left, self.y(v), right, self.y(v), "grid") for v in self.y_ticks),
                *(words(left - 6, self.y(v) + 4, _tick(v), "tick", "end") for v in self.y_ticks),
                *(line(self.x(v), bottom, self.x(v), bottom + 4, "axis") for v in self.x_ticks),
                *(words(self.x(v), bottom + 16, _tick(v), "tick", "middle") for v in self.x_ticks),
                line(left, bottom, right, bottom, "axis"),
                words((left + right) / 2, bottom + 34, self.x_title, "axis-title", "middle"),
                title if self.y_title else "",
            )
        )


def picture(width: float, height: float, title: str, *inside: str) -> str:
    """A picture that says what it is to those who don't see it."""
    return tag(
        "svg",
        tag("title", escape(title)),
        *inside,
        viewBox=f"0 0 {_plain(width)} {_plain(height)}",
        role="img",
        aria_label=title,
    )


def tag(name: str, *inside: str, **attributes: float | str) -> str:
    """An element. `class_` becomes `class`, `text_anchor` becomes `text-anchor`.

    Args:
        name: of the element.
        inside: elements, and text that is escaped already.
        attributes: escaped here.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>"


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def words(x: float, y: float, text: str, class_: str, anchor: str = "start") -> str:
    """Text with its foot at a point."""
    return tag("text", escape(text), x=x, y=y, class_=class_, text_anchor=anchor)


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Round values within a range, about as many as asked for."""
    step = nice_step((high - low) / about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(n * step for n in range(first, last + 1))


def nice_step(least: float) -> float:
    """The smallest of … 0.1, 0.2, 0.5, 1, 2, 5, 10 … that is not below."""
    if least <= 0:
        return 1.0
    ten = 10.0 ** math.floor(math.log10(least))
    return next(ten * m for m in (1, 2, 5, 10, 20) if ten * m >= least * (1 - 1e-9))


def _tick(value: float) -> str:
    return f"{value:,.6g}".replace("-", "−") if abs(value) < 1e6 else f"{value:.3g}"


def _plain(value: float | str) -> str:
    """A number with one decimal at most: more only makes the page longer."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
