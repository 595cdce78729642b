"""Mechanisms on boxes: multilinear on products of cells, constant beyond the last breakpoints."""

from dataclasses import dataclass
from functools import reduce

import numpy as np

from robustmech.verification.enclosure import Enclosure, enclosed, outer
from robustmech.verification.exactness import Whole
from robustmech.verification.fields import record
from robustmech.verification.meshes.axis import Axis, OnAxes, check_count, parse_axes
from robustmech.verification.meshes.exponential import Exponentials
from robustmech.verification.problem import Problem
from robustmech.verification.rows import Places, Rows, Slope


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes(OnAxes):
    """One axis for each agent; rows are products of the ends along each."""

    @property
    def growth_shape(self) -> tuple[int, ...]:
        """The number of rows."""
        return (int(np.prod([axis.ends for axis in self.axes])),)

    def rows(self) -> Rows:
        """Every product of ends, the last agent fastest."""
        return enclosed(self._rows)

    def _rows(self, unit: int) -> Rows:
        exponentials = Exponentials(unit)
        own = [axis.end_breakpoints() for axis in self.axes]
        return Rows(
            node=self._nodes(own),
            slopes=tuple(self._slope(agent, own) for agent in range(len(self.axes))),
            scale=_products([_scales(axis) for axis in self.axes]),
            masses=outer(piecewise_linear_masses(axis, exponentials) for axis in self.axes),
        )

    def _nodes(self, own: list[Places]) -> Places:
        nodes = np.ravel_multi_index(np.meshgrid(*own, indexing="ij"), self.node_shape)
        return nodes.ravel().astype(np.int64)

    def _slope(self, agent: int, own: list[Places]) -> Slope:
        """The difference across the agent's cell over its width; `scale` holds the numerators of all widths."""
        axis = self.axes[agent]
        low = np.append(np.repeat(np.arange(axis.cells), 2), axis.cells)
        high = np.append(low[:-1] + 1, axis.cells)
        factors = [_scales(other) for other in self.axes]
        under: Whole = np.array([width.denominator for width in axis.widths], dtype=object)
        factors[agent] = np.append(np.repeat(under, 2), 1)
        factor = _products(factors)
        return (
            (self._nodes([*own[:agent], high, *own[agent + 1 :]]), factor),
            (self._nodes([*own[:agent], low, *own[agent + 1 :]]), -factor),
        )


def _scales(axis: Axis) -> Whole:
    """The numerator of each end's width, one for the tail."""
    over: Whole = np.array([width.numerator for width in axis.widths], dtype=object)
    return np.append(np.repeat(over, 2), 1)


def _products(factors: list[Whole]) -> Whole:
    return np.asarray(reduce(np.multiply.outer, factors)).ravel()


def piecewise_linear_masses(axis: Axis, exponentials: Exponentials) -> Enclosure:
    r"""`∫ (1 − t/h) e^{−a−t} dt` and `∫ (t/h) e^{−a−t} dt` over each cell, and `e^{−x_M}`.

    With λ = (1 − t/h, t/h) these are `e^{−a−h} h exp[0, h, h]` and `e^{−a−h} h exp[0, 0, h]`: the exponent
    `−t` is h at the low end and zero at the high one, beside `−h`.
    """
    decay = axis.decay(exponentials)
    at_high = decay[1:] * axis.widths_enclosed(exponentials)
    low = at_high * axis.per_cell(exponentials, lambda h: [0 * h, h, h])
    high = at_high * axis.per_cell(exponentials, lambda h: [0 * h, 0 * h, h])
    return axis.with_tail(low, high, decay[-1:])


def parse_boxes(value: object, where: str, problem: Problem) -> Boxes:
    """The mesh that a certificate's `discretisation` describes."""
    fields = record(value, where, {"kind", "breakpoints"})
    boxes = Boxes(axes=parse_axes(fields["breakpoints"], f"{where}.breakpoints", problem.agents))
    check_count(_count(boxes.axes), where, "rows")
    return boxes


def _count(axes: tuple[Axis, ...]) -> int:
    return reduce(lambda product, axis: product * axis.ends, axes, 1)
