"""The compound auction against its definition, its theorem and its examples; speed."""

import numpy as np
import pytest
from compound_definitions import PrintedAuction, expectation, panels

from robustmech import InputError, ShapeError
from robustmech.continuum.compound import CompoundProportional
from robustmech.continuum.known_means import KnownMeans

BIDS = np.random.default_rng(0).exponential(size=(40, 4)) * np.linspace(0.1, 3, 40)[:, None]


@pytest.mark.parametrize("eta", [[0.5], [0.57, 0.21], [0.9, 0.88], [0.6, 0.35, 0.2], [0.7, 0.45, 0.4, 0.1]])
def test_transfers_are_equation_six(eta: list[float]) -> None:
    auction, printed = CompoundProportional(eta), PrintedAuction(eta)
    for bids in BIDS[:, : len(eta)]:
        np.testing.assert_allclose(auction.transfers(bids), printed.transfers(bids), atol=1e-9)


@pytest.mark.parametrize("eta", [[0.6, 0.35, 0.2], [0.7, 0.45, 0.4, 0.1]])
def test_balance_satisfies_the_papers_equations(eta: list[float]) -> None:
    """Lemma 4, ∫ λ^n(S − η_{n+1} τ) g_n dτ = Λ^n(1 − S), with Λ^n of (5) by simulation-free quadrature for n = 1, 2."""
    printed = PrintedAuction(eta)
    supply = 0.8
    for n in (1, 2):
        nodes, weights = panels([0.0, supply / printed.eta[n]], 40)
        density = nodes ** (n - 1) * np.exp(-nodes)
        left = float(np.sum(weights * printed.balance(n, supply - printed.eta[n] * nodes) * density))
        assert left == pytest.approx(continuation_guarantee(printed, n, 1 - supply), abs=1e-9)


def continuation_guarantee(printed: PrintedAuction, n: int, committed: float) -> float:
    """Λ^n(C) of equation (5) for n = 1 or 2, integrating the printed divergences."""
    base, (first, second) = 1 - committed, printed.eta[:2]
    if n == 1:
        nodes, weights = panels([0.0, base / first, max(base / second, base / first), 40.0], 40)
        return float(np.sum(weights * np.exp(-nodes) * printed.divergence(1, nodes, committed)))
    total, low = 0.0, printed.eta[2]
    outer, outer_weights = panels([0.0, base / second, base / low, 40.0], 40)
    for bid, weight in zip(outer, outer_weights, strict=True):
        kinks = [base / second - bid, base / low - bid, (base - second * bid) / first, 0.0, 40.0]
        nodes, weights = panels([k for k in kinks if k >= 0], 40)
        inner = printed.divergence(2, nodes + bid, committed)
        inner = inner + printed.divergence(1, nodes, committed + second * bid)
        total += weight * np.exp(-bid) * float(np.sum(weights * np.exp(-nodes) * inner))
    return total


def test_allocation_is_definition_one() -> None:
    """The rounds played one by one, with ties and an excluded bidder."""
    for eta in ([0.6, 0.35, 0.2], [0.5, 0.5, 0.2], [0.5, 0.0, 0.3], [0.4, 0.4, 0.4]):
        auction = CompoundProportional(eta)
        falling = np.argsort(-np.array(eta), kind="stable")
        ordered = np.append(np.array(eta)[falling], 0.0)
        for bids in BIDS[:, :3]:
            own, left, shares = bids[falling], 1.0, np.zeros(3)
            for n in range(3, 0, -1):
                asked = (ordered[n - 1] - ordered[n]) * own[:n]
                if left <= 0:
                    break
                shares[:n] += asked if asked.sum() < left else left * own[:n] / own[:n].sum()
                left -= asked.sum()
            np.testing.assert_allclose(auction.allocate(bids)[falling], shares, atol=1e-14)


def test_rounds_report_what_happens() -> None:
    auction = CompoundProportional([0.5, 0.2, 0.2])
    rounds = auction.rounds([1.0, 0.5, 0.5])
    np.testing.assert_allclose(rounds.residual_supply, [1.0, 0.6])
    np.testing.assert_allclose(rounds.sold, [0.4, 0.3])
    assert not rounds.selling_out.any()
    sold_out = auction.rounds([2.0, 2.0, 2.0])
    np.testing.assert_allclose(sold_out.sold, [1.0, 0.0])
    assert sold_out.reached.tolist() == [True, False]
    assert sold_out.fraction[0] == pytest.approx(1 / 1.2)


def test_two_buyers_in_closed_form() -> None:
    """λ̃(1; x) = (η₁ − η₂)(1 − exp(−(1 − η₂x)/η₁)) in T̃: section 3.3, with its misprint mended."""
    first, second = 0.57206467, 0.21125579
    auction = CompoundProportional([first, second])
    own, other = 0.9, 0.6
    nodes, weights = panels([0.0, own], 40)
    balance = (first - second) * (1 - np.exp(-(1 - second * (nodes + other)) / first))
    extra = float(np.exp(own) * np.sum(weights * np.exp(-nodes) * ((first - second) - balance)))
    paid = auction.transfers([own, other])
    assert paid[0] - paid[1] * own / other == pytest.approx(extra, abs=1e-12)


def test_payments_lie_between_zero_and_the_bound_per_unit() -> None:
    rng = np.random.default_rng(5)
    for bidders in (1, 2, 3, 5, 10, 30):
        auction = CompoundProportional(rng.uniform(0, 2 / bidders, bidders), bound=7.0)
        bids = rng.exponential(size=(300, bidders)) * 10 ** rng.uniform(-3, 8, (300, 1))
        paid, shares = auction.transfers(bids), auction.allocate(bids)
        assert np.all(paid >= 0)
        assert np.all(paid <= 7.0 * shares * (1 + 1e-12))


@pytest.mark.parametrize("means", [[0.3] * 3, [0.6, 0.5, 0.4, 0.1], [0.5] * 30])
def test_no_more_than_the_good_is_sold(means: list[float]) -> None:
    """Not even by rounding; and what is taken off is a few units in the last place."""
    auction = KnownMeans(means).auction()
    bids = np.random.default_rng(1).exponential(3.0, size=(20_000, len(means)))
    sold = auction.allocate(bids).sum(axis=-1)
    assert sold.max() <= 1.0
    asked = bids @ auction.sensitivities
    assert np.allclose(sold, np.minimum(asked, 1.0), rtol=0, atol=3e-15 * len(means))
    assert auction.discounts(bids).min() > -1e-15


def test_permuting_bidders_permutes_everything() -> None:
    eta, bids = np.array([0.3, 0.6, 0.0, 0.45]), BIDS
    order = [2, 0, 3, 1]
    moved = CompoundProportional(eta[order])
    np.testing.assert_allclose(
        moved.transfers(bids[:, order]), CompoundProportional(eta).transfers(bids)[:, order], atol=1e-14
    )


def test_one_profile_or_many_are_the_same() -> None:
    auction = CompoundProportional([0.3, 0.6, 0.2, 0.45])
    together = auction.transfers(BIDS.reshape(2, 20, 4)).reshape(-1, 4)
    np.testing.assert_allclose(together, [auction.transfers(bids) for bids in BIDS], rtol=1e-13, atol=1e-16)


def test_prices_fall_in_supply_and_end_at_the_bound() -> None:
    auction = CompoundProportional([0.5, 0.3, 0.2], bound=2.0)
    for level in (0.0, 0.1, 0.2, 0.35, 0.5):
        prices = [auction.price(level, supply) for supply in np.linspace(0, 1, 21)]
        assert prices[0] == pytest.approx(2.0, abs=1e-12)
        assert np.all(np.diff(prices) < 0)
    assert auction.price(0.35, 0.4) == pytest.approx(2 * np.exp(-0.4 / 0.5), rel=1e-12)


@pytest.mark.parametrize("eta", [[0.57, 0.21], [0.45, 0.3, 0.3], [0.6, 0.2, 0.1]])
def test_theorem_one_holds_for_any_sensitivities(eta: list[float]) -> None:
    """E[Ξ] = 0 makes Λ^N(0) = v̄ E[Σ ∂q_i/∂a_i], here by simulation; and the guarantee is linear in the means."""
    auction = CompoundProportional(eta)
    drawn = auction.slopes(np.random.default_rng(6).exponential(size=(100_000, len(eta)))).sum(axis=1)
    assert abs(drawn.mean() - auction.aggregate_multiplier) < 3 * drawn.std() / np.sqrt(drawn.size)
    means = np.linspace(0.3, 0.6, len(eta))
    expected = auction.aggregate_multiplier - np.array(eta) @ (1 - means)
    assert auction.guarantee(means) == pytest.approx(expected, abs=1e-12)


def test_revenue_by_quadrature_for_three() -> None:
    """At the minmax information revenue is the guarantee, to 1e-8."""
    model = KnownMeans([0.6, 0.5, 0.4])
    eta = model.sensitivities
    assert np.all(np.diff(eta) < 0)
    assert eta[-1] > 0
    auction = model.auction()

    def kinks(fixed: list[float]) -> list[float]:
        found = []
        for level in eta:
            slopes = np.minimum(eta, level)
            left = 1 - float(slopes[: len(fixed)] @ fixed)
            found += [left / slope for slope in slopes[len(fixed) :]]
        return found

    revenue = expectation(lambda bids: auction.transfers(bids).sum(axis=1), kinks, 3)
    assert revenue == pytest.approx(model.guarantee, abs=1e-8)


@pytest.mark.parametrize(
    ("eta", "bound", "message"),
    [
        ([], 1, "one number per bidder"),
        ([0.0, 0.0], 1, "every sensitivity is zero"),
        ([0.5, -0.1], 1, r"sensitivities\[1\]"),
        ([0.5, float("nan")], 1, r"sensitivities\[1\] is nan"),
        ([0.5], -2, r"bound is -2\.0"),
    ],
)
def test_bad_sensitivities_are_one_line(eta: list[float], bound: float, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        CompoundProportional(eta, bound)
    assert "\n" not in str(caught.value)


def test_bad_bids_and_means() -> None:
    auction = CompoundProportional([0.5, 0.3])
    with pytest.raises(ShapeError, match="one bid per bidder"):
        auction.transfers([1.0, 1.0, 1.0])
    with pytest.raises(InputError, match=r"bids\[1, 0\] is -1\.0"):
        auction.allocate([[1.0, 1.0], [-1.0, 1.0]])
    with pytest.raises(ShapeError, match="one per bidder"):
        auction.guarantee([0.5])
    with pytest.raises(InputError, match=r"means\[0\] is 1.5"):
        auction.guarantee([1.5, 0.5])
