"""∇·t − Σt = Ξ with fifty digits, and the implementation beside what was differentiated."""

from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest
from extended_precision import (
    DIGITS,
    Rule,
    canonical,
    compound_shares,
    compound_transfers,
    consistent_shares,
    discounted,
    growth_residual,
    separate,
    shapley_mean_growth,
    shapley_shares,
    weighted_mean_growth,
    weighted_shares,
)

from robustmech.continuum.compound import CompoundProportional
from robustmech.continuum.known_means import ConsistentRule, ShapleyRule, WeightedProportional
from robustmech.continuum.known_means.requests import RequestRule
from robustmech.model import FloatArray

WRITTEN_OUT: dict[str, tuple[Rule, Rule]] = {
    "compound": (compound_transfers, compound_shares),
    "weighted proportional, canonical": (canonical(weighted_mean_growth), weighted_shares),
    "weighted proportional, discounted": (discounted(weighted_shares), weighted_shares),
    "shapley, canonical": (canonical(shapley_mean_growth), shapley_shares),
    "shapley, discounted": (discounted(shapley_shares), shapley_shares),
    "consistent, discounted": (discounted(consistent_shares), consistent_shares),
}

SENSITIVITIES = [
    [0.7],
    [0.57, 0.21],
    [0.45, 0.45],
    [0.5, 0.3, 0.2],
    [0.4, 0.3, 0.4],
    [0.1, 0.35, 0.3, 0.4],
    [0.3, 0.4, 0.3, 0.05, 0.3],
]
MOST = {"weighted proportional, canonical": 3, "shapley, canonical": 4}
CASES = [(kind, eta) for kind in WRITTEN_OUT for eta in SENSITIVITIES if len(eta) <= MOST.get(kind, 5)]


def ours(kind: str, eta: list[float], bids: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The implemented transfers and shares."""
    name, _, transfers = kind.partition(", ")
    if name == "compound":
        auction = CompoundProportional(eta)
        return auction.transfers(bids), auction.allocate(bids)
    makers: dict[str, Callable[[list[float]], RequestRule]] = {
        "weighted proportional": WeightedProportional,
        "shapley": ShapleyRule,
        "consistent": ConsistentRule,
    }
    rule = makers[name](eta)
    paid = rule.canonical_transfers(bids) if transfers == "canonical" else rule.discounted_transfers(bids)
    return paid, rule.allocate(bids)


@pytest.mark.parametrize(("kind", "eta"), CASES)
def test_the_written_out_transfers_have_the_growth_and_are_ours(kind: str, eta: list[float]) -> None:
    transfers, shares = WRITTEN_OUT[kind]
    drawn = np.random.default_rng(len(eta)).exponential(size=(3, len(eta))) * np.array([[0.3], [1.2], [4.0]])
    with mp.workdps(DIGITS):
        apart = separate(eta)
        for bids in drawn:
            exact = [mp.mpf(bid) for bid in bids]
            assert abs(growth_residual(transfers, shares, apart, exact)) < mp.mpf(10) ** -40
            paid, got = ours(kind, eta, bids)
            np.testing.assert_allclose(paid, [float(v) for v in transfers(apart, exact)], rtol=0, atol=1e-14)
            np.testing.assert_allclose(got, [float(v) for v in shares(apart, exact)], rtol=0, atol=1e-15)


@pytest.mark.parametrize("eta", [np.linspace(0.05, 0.2, 12), np.linspace(0.03, 0.05, 30)])
def test_many_bidders_pay_what_extended_precision_says(eta: FloatArray) -> None:
    auction = CompoundProportional(eta)
    for scale in (1e-3, 0.03, 0.5, 1.5):
        bids = scale * np.random.default_rng(3).exponential(size=eta.size)
        with mp.workdps(DIGITS):
            exact = compound_transfers(separate(eta.tolist()), [mp.mpf(bid) for bid in bids])
        np.testing.assert_allclose(auction.transfers(bids), [float(v) for v in exact], rtol=2e-13, atol=1e-17)
