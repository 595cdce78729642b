r"""A closed form in one call as a finite problem: environment, mechanism and information on grids, and the guarantee.

The finite environment is the one whose maximum guarantee and minimum potential are the closed form's: so brackets,
exact guarantees, exact potentials and the closed form can be laid over each other. On grids, however coarse, guarantees
of mechanisms stay below the closed form and potentials of information structures above.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from robustmech.continuum.common_value import CommonValue
from robustmech.continuum.constant_sum import ConstantSum
from robustmech.continuum.known_means import KnownMeans
from robustmech.continuum.public_expenditure import BilateralTrade, PublicExpenditure
from robustmech.continuum.rules import AuctionRule
from robustmech.errors import InputError, ShapeError, SizeError
from robustmech.gridded.discretise import information_on_grids, mechanism_on_grids
from robustmech.gridded.spending import discrete_information, discrete_mechanism
from robustmech.model import (
    Beliefs,
    Environment,
    FloatArray,
    Grid,
    InformationStructure,
    Mechanism,
    auction,
    product_states,
)
from robustmech.model.grid import one_per_agent

ClosedForm = CommonValue | KnownMeans | ConstantSum | PublicExpenditure | BilateralTrade

_MOST_NUMBERS = 8_000_000
"""The most numbers, profiles times states (times points in cells), that information is computed from."""
_MOST_POINTS = 16
_MOST_CORNERS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GriddedModel:
    """A closed form as a finite problem.

    Args:
        environment: what the designer knows, in the finite model.
        mechanism: the rule, with the bids of the grids as its actions; one of the environment.
        information: the worst information, with signals known up to the cells of the grids; one of the environment.
        guarantee: the environment's maximum guarantee and minimum potential, from the closed form, in units of the
            designer's payoff.
    """

    environment: Environment
    mechanism: Mechanism
    information: InformationStructure
    guarantee: float


def on_grids(
    model: ClosedForm,
    grids: Grid | Sequence[Grid],
    *,
    rule: AuctionRule | None = None,
    transfers: Literal["rebuilt", "sampled"] = "rebuilt",
    bins: int | None = None,
) -> GriddedModel:
    r"""A closed form with its environment, a mechanism and the worst information in the finite model.

    =================== ============================== ============================ ======================
    model               states                         rule, if none is given       guarantee
    =================== ============================== ============================ ======================
    `CommonValue`       the values                     `auction()`                  its own
    `KnownMeans`        corners of [0, v̄]^N, by means `auction()` (compound)       its own
    `ConstantSum`       (V, 0) and (0, V), both 1/2    `equal_auction`              its supremum, V/2
    `PublicExpenditure` who has the value              `discrete_mechanism`         its own
    `BilateralTrade`    the seller's values            `discrete_mechanism`         its own
    =================== ============================== ============================ ======================

    A rule's shares are those at `bid_positions`. Rebuilt transfers are the best for them on the grid, with a certified
    guarantee (`lower_number`). Sampled ones are the rule's own at the same bids, whose guarantee on the grid is what
    `robustmech.guarantee` says: it may be lower, and for constant-sum values remains so on the finest grids
    (docs/public-expenditure.md). Information is the average over cells; for constant-sum values none, and for spending
    and trade `discrete_information`.

    Args:
        model: the closed form.
        grids: one grid for all agents, or one per agent. Public expenditure and trade need one even grid for all:
            `Grid.exponential` or `Grid.published`.
        rule: an auction of the model, such as `model.auction("orders")` or `model.shapley()`.
        transfers: "rebuilt", or where agents pay "sampled".
        bins: replaces a common value's law by that of its mean in so many equally likely bins (`ValueLaw.binned`),
            which a law with a density needs. The guarantee is then that of the binned law: never below the model's, and
            near it with many bins.
    Raises:
        InputError: for something else than a model, a density without bins, or options that the model does not have.
        ShapeError: if grids are not one per agent, or the rule is for another number of bidders.
        SizeError: if profiles times states are too many.
    Source: Brooks & Du (2023), Theorem 1 and section 5; Brooks & Du (2018, 2021) for the rules and information.
    """
    if transfers not in ("rebuilt", "sampled"):
        raise InputError(f"transfers is {transfers!r}: expected 'rebuilt' or 'sampled'")
    if bins is not None and not isinstance(model, CommonValue):
        raise InputError("bins are for the law of a common value: leave them out")
    if not isinstance(model, PublicExpenditure | BilateralTrade):
        return _auction(_finite(model, bins), grids, rule, transfers == "sampled")
    if rule is not None or transfers != "rebuilt":
        raise InputError(f"{type(model).__name__} has one mechanism and nobody pays: leave rule and transfers out")
    return _spending(model, grids)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _FiniteAuction:
    environment: Environment
    posterior: Callable[[FloatArray], FloatArray]
    rule: AuctionRule
    guarantee: float


def _finite(model: object, bins: int | None) -> _FiniteAuction:
    if isinstance(model, CommonValue):
        return _common_value(model, bins)
    if isinstance(model, KnownMeans):
        return _known_means(model)
    if isinstance(model, ConstantSum):
        return _constant_sum(model)
    raise InputError(
        f"model is a {type(model).__name__}: expected CommonValue, KnownMeans, ConstantSum, PublicExpenditure or "
        "BilateralTrade; an auction is given besides its model, as rule="
    )


def _auction(
    finite: _FiniteAuction, grids: Grid | Sequence[Grid], rule: AuctionRule | None, sampled: bool
) -> GriddedModel:
    environment, chosen = finite.environment, rule if rule is not None else finite.rule
    if chosen.bidders != environment.agents:
        raise ShapeError(f"the rule is for {chosen.bidders} bidders, the model for {environment.agents}")
    each = one_per_agent(grids, environment.agents)
    points = _points(each, environment.states)
    own = chosen.transfers if sampled else None
    return GriddedModel(
        environment=environment,
        mechanism=mechanism_on_grids(chosen.allocate, environment, each, transfers=own),
        information=information_on_grids(finite.posterior, environment, each, points=points),
        guarantee=finite.guarantee,
    )


def _common_value(model: CommonValue, bins: int | None) -> _FiniteAuction:
    """States are the values of the law; the posterior is on at most two of them."""
    if bins is not None:
        model = CommonValue.from_law(model.law.binned(bins), model.bidders, model.cost, model.must_sell)
    law, information = model.law, model.information
    if law.parts:
        raise InputError(f"the value's law ({law.name}) has a density: say in how many bins to put it, such as bins=20")
    if model.must_sell and model.bidders == 1 and law.lowest > 0:
        raise InputError("one bidder who must buy can be charged the lowest value, which the closed form does not")
    atoms, prior = np.array(law.atoms), np.array(law.masses)

    def posterior(signals: FloatArray) -> FloatArray:
        if not information.informative:
            return np.broadcast_to(prior, (*signals.shape[:-1], prior.size))
        low, high, chance = (number[..., None] for number in information.posterior(signals.sum(axis=-1)))
        return np.asarray((1 - chance) * (low == atoms) + chance * (high == atoms))

    environment = auction(
        [[value] * model.bidders for value in law.atoms], law.masses, cost=model.cost, must_sell=model.must_sell
    )
    return _FiniteAuction(environment=environment, posterior=posterior, rule=model.auction(), guarantee=model.guarantee)


def _known_means(model: KnownMeans) -> _FiniteAuction:
    """States are the corners of the box of values, which are independent given the signals."""
    if model.bidders > _MOST_CORNERS:
        raise SizeError(f"{model.bidders} bidders have too many states: at most {_MOST_CORNERS}")
    rule, information = model.auction(), model.information
    states = product_states([[0, Fraction(model.bound)]] * model.bidders)
    at_bound = np.asarray(states > 0, dtype=np.bool_)

    def posterior(signals: FloatArray) -> FloatArray:
        chance = information.interim_values(signals)[..., None, :] / model.bound
        return np.asarray(np.where(at_bound, chance, 1 - chance).prod(axis=-1))

    environment = auction(states, beliefs=Beliefs.means(states, [Fraction(mean) for mean in model.means.tolist()]))
    return _FiniteAuction(environment=environment, posterior=posterior, rule=rule, guarantee=model.guarantee)


def _constant_sum(model: ConstantSum) -> _FiniteAuction:
    """Any law with equal means has the same guarantee; here one bidder or the other has all of the value."""
    total = Fraction(model.total)

    def posterior(signals: FloatArray) -> FloatArray:
        return np.full((*signals.shape[:-1], 2), 0.5)

    return _FiniteAuction(
        environment=auction([[total, 0], [0, total]], [Fraction(1, 2)] * 2),
        posterior=posterior,
        rule=model.equal_auction,
        guarantee=model.supremum,
    )


def _spending(model: PublicExpenditure | BilateralTrade, grids: Grid | Sequence[Grid]) -> GriddedModel:
    problem = model.expenditure if isinstance(model, BilateralTrade) else model
    environment, (grid, *others) = model.environment(), one_per_agent(grids, problem.agents)
    if any(other.weights != grid.weights for other in others):
        raise InputError(f"{type(model).__name__} needs the same even grid for all agents")
    return GriddedModel(
        environment=environment,
        mechanism=discrete_mechanism(problem, environment, grid),
        information=discrete_information(problem, environment, grid),
        guarantee=model.guarantee,
    )


def _points(grids: tuple[Grid, ...], states: int) -> int:
    """As many Gauss points per cell as the limit on numbers allows, up to sixteen.

    Raises:
        SizeError: if not even one is allowed.
    """
    numbers = states
    for grid in grids:
        numbers *= grid.actions
    if numbers > _MOST_NUMBERS:
        raise SizeError(
            f"{numbers:,} numbers, profiles times states, are above {_MOST_NUMBERS:,}: use fewer actions or bins"
        )
    return min(_MOST_POINTS, int((_MOST_NUMBERS / numbers) ** (1 / len(grids)) + 1e-9))
