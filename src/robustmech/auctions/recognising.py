"""Which closed form an auction environment is an instance of, as the terms of an auction file."""

from robustmech.auctions.terms import ClosedForm, CommonValueTerms, KnownMeansTerms
from robustmech.continuum.recognising import CommonValueProblem, KnownMeansProblem, recognised
from robustmech.errors import InputError
from robustmech.model import Environment


def terms_of(environment: Environment) -> ClosedForm:
    """The closed form that an auction environment is an instance of.

    Raises:
        InputError: if there is none: the environment must be the sale of one good without capacities, with a common
            value of known law, or with values known by their means and a bound.
    """
    found = recognised(environment)
    if isinstance(found, CommonValueProblem):
        return CommonValueTerms(
            values=found.values,
            probabilities=found.probabilities,
            bidders=found.bidders,
            cost=found.cost,
            must_sell=found.must_sell,
        )
    if isinstance(found, KnownMeansProblem):
        return KnownMeansTerms(means=found.means, bound=found.bound)
    raise InputError(
        "no closed form for this problem: it must be one good without capacities, with a common value of known law or "
        "with known means and a bound; solve it instead"
    )
