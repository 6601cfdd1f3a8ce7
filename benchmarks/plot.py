"""A plot of a few series over two logarithmic axes, as an SVG that is small enough to be committed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 150, 24, 48
_TEXT = 'font-family="sans-serif" font-size="12" fill="#57606a"'
_COLOURS = ("#0969da", "#8250df", "#57606a")


@dataclass(frozen=True)
class _Axis:
    """Values from `low` to `high` (both above 0) on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 1)


def drawn(series: Mapping[str, Points], *, across: str, up: str, ticks: Iterable[float]) -> str:
    """The SVG. `across` and `up` name the axes, `ticks` are the values marked on the upright one."""
    marked = sorted(ticks)
    values = sorted({x for points in series.values() for x, _ in points})
    horizontal = _Axis(values[0], values[-1], _LEFT, _WIDTH - _RIGHT)
    upright = _Axis(marked[0], marked[-1], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_TEXT}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *(_rule(upright.at(each), f"{each:g}") for each in marked),
        *(_mark(horizontal.at(each), f"{each:,g}") for each in values),
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:g}" y="{_HEIGHT - 10}" text-anchor="middle">{across}</text>',
        f'<text x="{_LEFT - 48}" y="{_TOP - 8}">{up}</text>',
        *(
            part
            for (name, points), colour in zip(series.items(), _COLOURS, strict=False)
            for part in _line(name, [(horizontal.at(x), upright.at(y)) for x, y in points], colour)
        ),
        "</svg>",
    ]
    return "\n".join((*parts, ""))


def _rule(y: float, text: str) -> str:
    line = f'<path d="M{_LEFT} {y:g}H{_WIDTH - _RIGHT}" stroke="#d0d7de"/>'
    return f'{line}<text x="{_LEFT - 8}" y="{y + 4:g}" text-anchor="end">{text}</text>'


def _mark(x: float, text: str) -> str:
    line = f'<path d="M{x:g} {_HEIGHT - _BOTTOM}v5" stroke="#57606a"/>'
    return f'{line}<text x="{x:g}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{text}</text>'


def _line(name: str, points: Sequence[tuple[float, float]], colour: str) -> Iterable[str]:
    way = "L".join(f"{x:g} {y:g}" for x, y in points)
    yield f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield "".join(f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{colour}"/>' for x, y in points)
    x, y = points[-1]
    yield f'<text x="{x + 10:g}" y="{y + 4:g}" fill="{colour}">{name}</text>'
