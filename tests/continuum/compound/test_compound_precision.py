"""Cancellation: what the sums of exponentials lose, and what the phases keep."""

import numpy as np
import pytest
from compound_definitions import exact_survival, naive_survival

from robustmech.continuum.compound import CompoundProportional
from robustmech.continuum.compound.prices import prefix_weights
from robustmech.continuum.compound.waiting_times import expected_excess, occupancies, phase_generator, survivals


def spread(bidders: int, gap: float) -> np.ndarray:
    """Sensitivities of a usual size, falling, with relative differences of about `gap`."""
    places = np.arange(bidders)[::-1] + 0.1 * np.random.default_rng(bidders).random(bidders)
    return np.asarray(1.2 / bidders * (1 + gap * places))


@pytest.mark.parametrize("bidders", [2, 3, 5, 10, 30])
@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-6, 1e-9, 1e-12])
def test_phases_keep_every_digit(bidders: int, gap: float) -> None:
    durations = spread(bidders, gap)
    for time in (0.02, 0.5, 1.0):
        exact = exact_survival(durations, time)
        assert survivals(durations, np.array([time]))[0, -1] == pytest.approx(exact, rel=2e-14)


@pytest.mark.parametrize(
    ("bidders", "gap", "lost"), [(3, 1e-9, 1e-3), (5, 1e-3, 1e-8), (10, 1e-2, 1e-7), (30, 1e-1, 1e-3)]
)
def test_sums_of_exponentials_lose_them(bidders: int, gap: float, lost: float) -> None:
    durations = spread(bidders, gap)
    assert abs(naive_survival(durations, 1.0) / exact_survival(durations, 1.0) - 1) > lost


def test_very_different_sensitivities() -> None:
    durations = np.array([0.7, 0.3, 0.05, 1e-3, 1e-6, 1e-9, 1e-12])
    for time in (1e-7, 1e-3, 0.1, 0.9):
        exact = exact_survival(durations, time)
        assert survivals(durations, np.array([time]))[0, -1] == pytest.approx(exact, rel=1e-13)


def test_equal_phases_are_a_poisson_count() -> None:
    from scipy.stats import poisson

    probabilities = occupancies(phase_generator(np.full(40, 0.02)), np.array([0.3, 1.0]))
    np.testing.assert_allclose(probabilities, [poisson.pmf(np.arange(40), t / 0.02) for t in (0.3, 1.0)], rtol=1e-12)


def test_small_probabilities_keep_their_digits() -> None:
    durations = np.array([0.003, 0.0029])
    exact = exact_survival(durations, 1.0)
    assert exact < 1e-140
    assert survivals(durations, np.ones(1))[0, -1] == pytest.approx(exact, rel=1e-12)


def test_expected_excess_by_simulation() -> None:
    durations = np.array([0.5, 0.3, 0.3])
    drawn = np.maximum(np.random.default_rng(1).exponential(size=(200_000, 3)) @ durations - 1, 0)
    assert abs(drawn.mean() - expected_excess(durations)) < 3 * drawn.std() / np.sqrt(drawn.size)


def test_weights_of_prefixes_are_a_law() -> None:
    durations = np.sort(np.random.default_rng(2).uniform(0.1, 1, 30))[::-1]
    weights = prefix_weights(durations, np.linspace(0, durations[-1], 9))
    assert np.all(weights >= 0)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-14)


@pytest.mark.parametrize("bidders", [2, 3, 10, 30])
@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12])
def test_payments_pass_smoothly_to_ties(bidders: int, gap: float) -> None:
    """With sensitivities within `gap` the auction is within about `gap` of the tied one: no digit is lost."""
    tied = np.full(bidders, 1.2 / bidders)
    near = tied * (1 + gap * np.arange(bidders) / bidders)
    bids = np.random.default_rng(4).exponential(size=(200, bidders)) * np.linspace(0.1, 4, 200)[:, None]
    ours, limit = CompoundProportional(near), CompoundProportional(tied)
    assert np.max(np.abs(ours.transfers(bids) - limit.transfers(bids))) < 5 * gap + 1e-13
    assert np.max(np.abs(ours.allocate(bids) - limit.allocate(bids))) < 5 * gap + 1e-13


@pytest.mark.parametrize("bidders", [3, 30])
def test_tables_are_exact_enough(monkeypatch: pytest.MonkeyPatch, bidders: int) -> None:
    """Twice the quadrature nodes and degrees move no payment by 1e-11."""
    from robustmech.continuum.compound import prices

    rng = np.random.default_rng(bidders)
    eta = rng.uniform(0.2, 1, bidders) * 3 / bidders
    eta[0] = eta[1]
    bids = rng.exponential(size=(200, bidders)) * 10 ** rng.uniform(-1, 2, (200, 1))
    usual = CompoundProportional(eta).transfers(bids)
    monkeypatch.setattr(prices, "NODES", 20)
    monkeypatch.setattr(prices, "PLAIN_RULES", ((16, 2.8), (32, 16.5), (64, 56.0)))
    monkeypatch.setattr(prices, "SUPPLY_DEGREE", 24)
    assert np.max(np.abs(CompoundProportional(eta).transfers(bids) - usual)) < 1e-11
