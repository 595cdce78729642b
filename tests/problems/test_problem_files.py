"""What problem files describe, compared with environments written out by hand."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from robustmech.model import Beliefs, Environment, auction, public_expenditure, rationals, simplex
from robustmech.problems import GridRequest, Problem, load_problem

HALF = Fraction(1, 2)
EXAMPLES = Path(__file__).parents[2] / "examples"
AUCTION = "version = 1\n[auction]\nbidders = 2\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "problem.toml"


def load(file: Path, text: str) -> Problem:
    file.write_text(text, encoding="utf-8")
    return load_problem(file)


def assert_same(actual: Environment, expected: Environment) -> None:
    assert np.array_equal(actual.utilities, expected.utilities)
    assert np.array_equal(actual.payoff, expected.payoff)
    assert actual.transfers == expected.transfers
    assert np.array_equal(actual.decision_set.group, expected.decision_set.group)
    assert np.array_equal(actual.decision_set.required, expected.decision_set.required)
    assert np.array_equal(actual.decision_set.cap, expected.decision_set.cap)
    assert actual.decision_names == expected.decision_names
    assert_same_beliefs(actual.beliefs, expected.beliefs)


def assert_same_beliefs(actual: Beliefs, expected: Beliefs) -> None:
    assert actual.states == expected.states
    assert actual.exact_rows() == expected.exact_rows()
    assert (actual.lower, actual.upper) == (expected.lower, expected.upper)
    assert list(actual.penalties if actual.penalties is not None else []) == list(
        expected.penalties if expected.penalties is not None else []
    )


def prior_of(problem: Problem) -> tuple[Fraction | None, ...]:
    assert problem.environment.beliefs.lower == problem.environment.beliefs.upper
    return problem.environment.beliefs.lower


def test_minimal_file_of_the_design(file: Path) -> None:
    problem = load(file, AUCTION + 'values = [0, 0.25, 0.5, 0.75, 1]\ndependence = "common"\n')
    values = [[Fraction(k, 4)] * 2 for k in range(5)]
    assert_same(problem.environment, auction(rationals(values), [Fraction(1, 5)] * 5))
    assert (problem.title, problem.grid, problem.data, problem.source) == (None, None, None, file)


def test_path_may_be_a_string_and_begin_with_a_byte_order_mark(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + (AUCTION + 'values = [1]\ndependence = "common"\n').encode())
    assert load_problem(str(file)).environment.states == 1


def test_windows_line_ends(file: Path) -> None:
    file.write_bytes((AUCTION + 'values = [1]\ndependence = "common"\n').replace("\n", "\r\n").encode())
    assert load_problem(file).environment.states == 1


def test_title_and_grid(file: Path) -> None:
    text = 'version = 1\ntitle = "A name"\n[grid]\n{}\n[public_expenditure]\nagents = 2\nvalue = 3\n'
    problem = load(file, text.format("actions = 32"))
    assert problem.title == "A name"
    assert problem.grid == GridRequest(actions=32)
    assert load(file, text.format("published = 7")).grid == GridRequest(published=7)
    asked = load(file, text.format("published = 7\nentry_payments = true")).grid
    assert asked == GridRequest(published=7, entry_payments=True)


def test_decimals_are_exact(file: Path) -> None:
    problem = load(file, AUCTION + 'values = [0.1, "1/3", 2e-3, 1_000.5]\ndependence = "common"\n')
    own = [problem.environment.utilities[0, state, 0] for state in range(4)]
    assert own == [Fraction(1, 10), Fraction(1, 3), Fraction(1, 500), Fraction(2001, 2)]


def test_decimal_probabilities_that_nearly_sum_to_one_are_scaled(file: Path) -> None:
    text = AUCTION + 'values = [0, 1, 2]\ndependence = "common"\nprobabilities = [0.3333333333, 0.3333333333, {}]\n'
    prior = prior_of(load(file, text.format("0.3333333333")))
    assert prior == (Fraction(1, 3),) * 3
    assert sum(v for v in prior_of(load(file, text.format('"0.3333333334"'))) if v is not None) == 1


def test_independent_values(file: Path) -> None:
    text = 'values = [[0, 1], [0, 2, 4]]\nprobabilities = [["1/3", "2/3"], ["1/2", "1/4", "1/4"]]\n'
    problem = load(file, AUCTION + text + 'dependence = "independent"\n')
    values = [[0, 0], [0, 2], [0, 4], [1, 0], [1, 2], [1, 4]]
    prior = ["1/6", "1/12", "1/12", "1/3", "1/6", "1/6"]
    assert_same(problem.environment, auction(values, prior))


def test_independent_values_equally_likely(file: Path) -> None:
    problem = load(file, AUCTION + 'values = [0, 1]\ndependence = "independent"\n')
    assert_same(problem.environment, auction([[0, 0], [0, 1], [1, 0], [1, 1]], ["1/4"] * 4))


def test_unknown_dependence(file: Path) -> None:
    text = 'values = [[0, 1], [0, 2]]\nprobabilities = [["1/3", "2/3"], ["1/2", "1/2"]]\n'
    problem = load(file, AUCTION + text + 'dependence = "unknown"\n')
    values = [[0, 0], [0, 2], [1, 0], [1, 2]]
    known = [{0: Fraction(1, 3), 1: Fraction(2, 3)}, {0: HALF, 2: HALF}]
    assert_same(problem.environment, auction(values, beliefs=Beliefs.marginals(values, known)))


def test_one_bidder_needs_no_dependence(file: Path) -> None:
    problem = load(file, "version = 1\n[auction]\nbidders = 1\nvalues = [0, 1]\n")
    assert_same(problem.environment, auction([[0], [1]], ["1/2", "1/2"]))


def test_cost_caps_and_must_sell(file: Path) -> None:
    text = AUCTION + 'values = [1]\ndependence = "common"\ncost = 0.1\ncaps = {}\nmust_sell = true\n'
    expected = auction([[1, 1]], [1], cost="1/10", caps=["1/2", 1], must_sell=True)
    assert_same(load(file, text.format("[0.5, 1]")).environment, expected)
    expected = auction([[1, 1]], [1], cost="1/10", caps="3/4", must_sell=True)
    assert_same(load(file, text.format("0.75")).environment, expected)


def test_explicit_states(file: Path) -> None:
    text = '[[auction.state]]\nvalues = [1.0, 0.0]\nprobability = "1/3"\n'
    text += '[[auction.state]]\nvalues = [0.0, 1.0]\nprobability = "2/3"\n'
    assert_same(load(file, AUCTION + text).environment, auction([[1, 0], [0, 1]], ["1/3", "2/3"]))


def test_explicit_states_with_two_goods_and_costs(file: Path) -> None:
    text = 'cost = [0, "1/2"]\n[[auction.state]]\nvalues = [[1, 2], [3, 4]]\nprobability = 1\n'
    expected = auction([[[1, 2], [3, 4]]], [1], cost=[0, "1/2"])
    assert_same(load(file, AUCTION + text).environment, expected)


def test_penalties(file: Path) -> None:
    text = "[[auction.state]]\nvalues = [1, 0]\npenalty = 0.1\n[[auction.state]]\nvalues = [0, 1]\npenalty = 0\n"
    expected = auction([[1, 0], [0, 1]], beliefs=Beliefs.penalty(["1/10", 0]))
    assert_same(load(file, AUCTION + text).environment, expected)


def test_states_with_means(file: Path) -> None:
    text = "means = [0.5, [0.25, 1]]\n[[auction.state]]\nvalues = [1, 0]\n[[auction.state]]\nvalues = [0, 1]\n"
    values = [[1, 0], [0, 1]]
    beliefs = Beliefs.means(values, ["1/2", ("1/4", 1)])
    assert_same(load(file, AUCTION + text).environment, auction(values, beliefs=beliefs))


@pytest.mark.parametrize(("bound", "top"), [("", 1), ("bound = 2\n", 2)])
def test_known_means(file: Path, bound: str, top: int) -> None:
    problem = load(file, AUCTION + "means = [0.6, [0, 0.4]]\n" + bound)
    values = [[0, 0], [0, top], [top, 0], [top, top]]
    beliefs = Beliefs.means(values, ["3/5", (0, "2/5")])
    assert_same(problem.environment, auction(values, beliefs=beliefs))


def test_past_values(file: Path) -> None:
    (file.parent / "past.csv").write_text("price\n$4\n$1\nn/a\n$2\n$1\n", encoding="utf-8")
    text = AUCTION + 'dependence = "common"\n[auction.data]\nfile = "past.csv"\ncolumn = "price"\n'
    problem = load(file, text)
    assert_same(problem.environment, auction([[1, 1], [2, 2], [4, 4]], ["1/2", "1/4", "1/4"]))
    assert problem.data is not None
    assert (problem.data.used, problem.data.skipped, problem.data.distinct, problem.data.bins) == (
        4,
        1,
        3,
        None,
    )
    binned = load(file, text + "bins = 2\n")
    assert_same(binned.environment, auction([[1, 1], [3, 3]], ["1/2", "1/2"]))
    unknown = load(file, text.replace("common", "unknown") + "bins = 2\n")
    values = [[1, 1], [1, 3], [3, 1], [3, 3]]
    assert_same(unknown.environment, auction(values, beliefs=Beliefs.marginals(values, [{1: HALF, 3: HALF}] * 2)))


def test_public_expenditure(file: Path) -> None:
    problem = load(file, "version = 1\n[public_expenditure]\nagents = 3\nvalue = 3\n")
    values = [[3, 0, 0], [0, 3, 0], [0, 0, 3]]
    assert_same(problem.environment, public_expenditure(values, ["1/3"] * 3))


def test_public_expenditure_with_states(file: Path) -> None:
    text = "version = 1\n[public_expenditure]\nagents = 2\n"
    text += '[[public_expenditure.state]]\nvalues = [3, 0.5]\nprobability = "1/4"\n'
    text += '[[public_expenditure.state]]\nvalues = [0, 2]\nprobability = "3/4"\n'
    assert_same(load(file, text).environment, public_expenditure([[3.0, 0.5], [0.0, 2.0]], ["1/4", "3/4"]))


def test_general_finite_model(file: Path) -> None:
    text = 'version = 1\n[environment]\nagents = 1\ntransfers = false\noutcomes = ["stay", "move", "end"]\n'
    text += '[[environment.state]]\nprobability = "1/4"\nutilities = [[0, 1, -2]]\npayoff = [0, 2, 0.5]\n'
    text += '[[environment.state]]\nprobability = "3/4"\nutilities = [[3, 4, 5]]\npayoff = [6, 7, 8]\n'
    expected = Environment(
        utilities=rationals([[[0, 1, -2], [3, 4, 5]]]),
        payoff=rationals([[0, 2, HALF], [6, 7, 8]]),
        decision_set=simplex(3),
        beliefs=Beliefs.known(["1/4", "3/4"]),
        transfers=False,
        decision_names=("stay", "move", "end"),
    )
    assert_same(load(file, text).environment, expected)


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_load(example: Path) -> None:
    problem = load_problem(example)
    assert problem.title
    assert example.read_text(encoding="utf-8").startswith("# ")
    assert problem.environment.agents in (2, 3)


def test_example_of_past_sales() -> None:
    data = load_problem(EXAMPLES / "past-sales.toml").data
    assert data is not None
    assert (data.used, data.skipped, data.distinct, data.bins) == (12, 2, 12, 6)
    assert [(row.row, row.reason) for row in data.rows if row.reason] == [
        (7, "blank"),
        (10, "not a number: 'withdrawn'"),
    ]
    assert data.rows[10].value == Fraction(102230, 100)
