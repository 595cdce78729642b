"""Each panel shows the array it says it shows."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from plotted_solutions import common_value, large_numbers, outcomes, public_expenditure, trade, two_goods, unequal_grids

import robustmech as rm
from definitions.solved import gridded
from robustmech import plots


def new_axes() -> Axes:
    return Figure().add_subplot()


def mesh(axes: Axes) -> QuadMesh:
    (found,) = [artist for artist in axes.collections if isinstance(artist, QuadMesh)]
    return found


def pictured(axes: Axes) -> np.ma.MaskedArray[tuple[int, ...], np.dtype[np.float64]]:
    """The numbers in a heat map with the first agent's action on the first axis."""
    return np.ma.asarray(mesh(axes).get_array()).T


@pytest.mark.parametrize("solve", [lambda: common_value(2, 8), unequal_grids, public_expenditure])
def test_aggregate_and_share(solve: Callable[[], rm.Solution]) -> None:
    mechanism, _ = gridded(solution := solve())
    first, second = mechanism.decisions[..., 0], mechanism.decisions[..., 1]
    axes = plots.aggregate_allocation(new_axes(), mechanism, solution.environment)
    m, n = pictured(axes).shape
    assert m < first.shape[0]
    assert n < first.shape[1]
    np.testing.assert_array_equal(pictured(axes), (first + second)[:m, :n])
    share = pictured(plots.allocation_share(new_axes(), mechanism, solution.environment))
    total = (first + second)[:m, :n]
    np.testing.assert_array_equal(np.ma.getmaskarray(share), total < 1e-6)
    np.testing.assert_allclose((share * total)[~share.mask], first[:m, :n][~share.mask], rtol=1e-14)


def test_cells_surround_their_actions() -> None:
    mechanism, _ = gridded(solution := unequal_grids())
    axes = plots.aggregate_allocation(new_axes(), mechanism, solution.environment)
    corners = np.asarray(mesh(axes).get_coordinates())
    m, n = pictured(axes).shape
    for edges, grid, size in ((corners[0, :, 0], solution.grids[0], m), (corners[:, 0, 1], solution.grids[1], n)):
        places = grid.positions[:size]
        assert edges.shape == (size + 1,)
        assert edges[0] == 0
        np.testing.assert_allclose(edges[1:-1], (places[1:] + places[:-1]) / 2)
        np.testing.assert_allclose((edges[-1] + edges[-2]) / 2, places[-1])
    assert axes.get_aspect() == 1
    assert axes.get_xlabel() == "action of bidder 1"
    assert axes.get_ylabel() == "action of bidder 2"


def test_transfer_and_interim_value() -> None:
    mechanism, information = gridded(solution := unequal_grids())
    assert mechanism.transfers is not None
    for agent in (0, 1):
        axes = plots.transfer(new_axes(), mechanism, solution.environment, agent=agent)
        m, n = pictured(axes).shape
        np.testing.assert_array_equal(pictured(axes), mechanism.transfers[agent, :m, :n])
        axes = plots.interim_value(new_axes(), information, solution.environment, agent=agent)
        joint = information.joint
        values = joint @ solution.environment.utilities_rounded[agent, :, agent] / joint.sum(axis=-1)
        np.testing.assert_allclose(pictured(axes), values[:m, :n], rtol=1e-12)
        assert f"bidder {agent + 1}" in axes.get_title()
        assert axes.get_xlabel() == "signal of bidder 1"


def test_improbable_signals_are_masked() -> None:
    _, information = gridded(solution := public_expenditure())
    shown = pictured(plots.interim_value(new_axes(), information, solution.environment))
    law = information.joint.sum(axis=-1)[: shown.shape[0], : shown.shape[1]]
    assert shown.mask.any()
    assert not shown.mask.all()
    assert law[shown.mask].max() < 1e-6 < law[~shown.mask].min()


def test_own_decision() -> None:
    mechanism, _ = gridded(solution := public_expenditure())
    axes = plots.own_decision(new_axes(), mechanism, solution.environment, agent=1)
    m, n = pictured(axes).shape
    np.testing.assert_array_equal(pictured(axes), mechanism.decisions[:m, :n, 1])
    assert "agent 2 pays" in axes.get_title()
    with pytest.raises(rm.InputError, match="no transfers"):
        plots.transfer(new_axes(), mechanism, solution.environment)


def test_a_good_is_named_and_chosen() -> None:
    mechanism, information = gridded(solution := two_goods())
    for good in (0, 1):
        axes = plots.aggregate_allocation(new_axes(), mechanism, solution.environment, good=good)
        m, n = pictured(axes).shape
        expected = mechanism.decisions[..., good] + mechanism.decisions[..., 2 + good]
        np.testing.assert_array_equal(pictured(axes), expected[:m, :n])
        assert f"good {good + 1} of 2" in axes.get_title()
        axes = plots.interim_value(new_axes(), information, solution.environment, good=good)
        values = information.interim_values(solution.environment)[0, good]
        np.testing.assert_array_equal(pictured(axes), values[:m, :n])
    with pytest.raises(rm.InputError, match="good 2"):
        plots.aggregate_allocation(new_axes(), mechanism, solution.environment, good=2)
    with pytest.raises(rm.InputError, match="agent -1"):
        plots.allocation_share(new_axes(), mechanism, solution.environment, agent=-1)


def test_outcomes_that_are_nobodys_own() -> None:
    mechanism, information = gridded(solution := outcomes(3))
    axes = plots.aggregate_allocation(new_axes(), mechanism, solution.environment)
    m, n = pictured(axes).shape
    np.testing.assert_allclose(pictured(axes), 1 - mechanism.decisions[:m, :n, 0], atol=1e-12)
    assert "other than “nothing”" in axes.get_title()
    axes = plots.interim_value(new_axes(), information, solution.environment)
    assert "“a park”" in axes.get_title()
    np.testing.assert_array_equal(pictured(axes), information.interim_values(solution.environment)[0, 1, :m, :n])
    mechanism, _ = gridded(solution := outcomes(2))
    assert "“a park”" in plots.aggregate_allocation(new_axes(), mechanism, solution.environment).get_title()
    axes = plots.allocation_share(new_axes(), mechanism, solution.environment)
    assert "only decision" in axes.texts[0].get_text()


def test_decisions_that_may_add_up_to_less_than_one() -> None:
    mechanism, _ = gridded(solution := trade())
    axes = plots.aggregate_allocation(new_axes(), mechanism, solution.environment)
    m, n = pictured(axes).shape
    np.testing.assert_array_equal(pictured(axes), mechanism.decisions[:m, :n].sum(axis=-1))
    assert axes.get_title() == "Sum of all decisions"
    assert axes.get_xlabel() == "action of seller"


def test_one_agent_is_a_line() -> None:
    mechanism, information = gridded(solution := common_value(1, 12))
    assert mechanism.transfers is not None
    environment = solution.environment
    interim = information.interim_values(environment)[0, 0]
    for axes, values in (
        (plots.aggregate_allocation(new_axes(), mechanism, environment), mechanism.decisions[:, 0]),
        (plots.transfer(new_axes(), mechanism, environment), mechanism.transfers[0]),
        (plots.interim_value(new_axes(), information, environment), interim),
    ):
        (line,) = axes.lines
        np.testing.assert_array_equal(line.get_xdata(), solution.grids[0].positions[:11])
        np.testing.assert_array_equal(line.get_ydata(), values[:11])


def test_three_agents_are_sliced_at_the_median() -> None:
    mechanism, _ = gridded(solution := common_value(3, 5))
    axes = plots.aggregate_allocation(new_axes(), mechanism, solution.environment)
    np.testing.assert_array_equal(pictured(axes), mechanism.decisions[:4, :4, 2].sum(axis=-1))
    assert "bidder 3 at the median action, 0.45" in axes.get_title()


def test_a_few_extreme_transfers_leave_the_colour_scale() -> None:
    mechanism, _ = gridded(solution := large_numbers())
    assert mechanism.transfers is not None
    transfers = np.array(mechanism.transfers)
    transfers[0, 8, 8] = 1e7
    axes = plots.transfer(new_axes(), replace(mechanism, transfers=transfers), solution.environment)
    top = mesh(axes).norm.vmax
    assert top is not None
    assert top <= mechanism.transfers[0].max()
    bar = mesh(axes).colorbar
    assert bar is not None
    assert bar.extend == "max"
    assert pictured(axes).max() == 1e7
    axes = plots.transfer(new_axes(), replace(mechanism, transfers=0 * transfers), solution.environment)
    assert axes.get_title().startswith("Transfer from bidder 1")


def test_nothing_allocated_anywhere() -> None:
    mechanism, _ = gridded(solution := common_value(2, 8))
    empty = replace(mechanism, decision_counts=0 * mechanism.decision_counts)
    axes = plots.allocation_share(new_axes(), empty, solution.environment)
    assert "the aggregate is zero" in axes.texts[0].get_text()
