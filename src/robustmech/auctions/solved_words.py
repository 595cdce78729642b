"""What the file of a solved auction says: what a bid is, the rules in words and formulas, the promise."""

import numpy as np

from robustmech.auctions.auction_file import Constants
from robustmech.auctions.phrases import EXISTENCE, plain, same_value
from robustmech.auctions.solved_terms import SolvedTerms
from robustmech.elements import Boxes, CrossedTriangles, Shares, Triangles
from robustmech.model import FloatArray

_MESSAGE = "A bid is a number of points, zero or more: a message, not an amount of money."
_SCALE = (
    "The scale: the rules are made for information that is about the worst for the seller, at which there is an "
    "equilibrium in which every bidder's points are about exponentially distributed with mean one."
)
_ALIKE = 1e-9
_OTHERS = (0.0, 0.5, 1.0, 2.0, 4.0)


def solved_bid(terms: SolvedTerms, bidders: tuple[str, ...], lots: int) -> str:
    """What a bid is, what it brings while all bids are small, and beyond what it changes nothing."""
    mechanism, breakpoints = terms.mechanism, terms.breakpoints
    first = np.array([float(own[1]) for own in breakpoints] * (terms.bidders // len(breakpoints)))
    alone = mechanism.allocate(np.diag(first)).diagonal() - mechanism.allocate(np.zeros(terms.bidders))
    brought = (lots * alone / first).tolist()
    each = ", ".join(f"{name} {plain(own)}" for name, own in zip(bidders, brought, strict=True))
    reading = f"While all bids are small one point brings this many lots: {each}."
    if terms.stepped is not None:
        step = float(terms.stepped.increment)
        most = ", ".join(f"{name} {float(top):.6g}" for name, top in zip(bidders, terms.stepped.largest, strict=True))
        reading += (
            f" Bids are multiples of {step:.6g} points: a bid between two of them counts as the lower one. Bids "
            f"above the largest count as that: {most}."
        )
    elif not isinstance(terms.mesh, Shares):
        most = ", ".join(f"{name} {float(own[-1]):.6g}" for name, own in zip(bidders, breakpoints, strict=True))
        reading += f" Bids above the last breakpoint count as that: {most}."
    return f"{_MESSAGE} {reading} {_SCALE}"


def solved_assumptions(terms: SolvedTerms) -> str:
    """What is guaranteed, what that rests on, what an increment costs, and what could be guaranteed at most."""
    sale = terms.sale
    states = f"the {len(sale.values)} states in the terms"
    known = terms.environment.beliefs.prior is not None
    if known and all(len(set(state)) == 1 for state in sale.values):
        law = same_value(terms.bidders, "the law in the terms")
    elif known:
        law = f"the bidders' values of a lot are those of one of {states}, with the probabilities there"
    else:
        law = f"the bidders' values of a lot are those of one of {states}, with probabilities within the limits there"
    net = "cost" if sale.penalties is None else "cost and of the expected penalty"
    said = (
        f"Expected revenue net of {net} is at least the guarantee in every equilibrium, whatever bidders know about "
        f"values and about each other, provided that {law}, that several lots are worth the sum of their values, and "
        "that bidders care for the expected value of what they get less what they pay. The guarantee is computed "
        "with outward rounding from the terms; payments are rounded to the coin."
    )
    if terms.increment is None:
        said += f" {EXISTENCE}"
    else:
        loss = terms.guarantee_of_any_bids - terms.guarantee
        said += (
            f" Without an increment the rules would guarantee {terms.guarantee_of_any_bids:.7g} per lot: bids in "
            f"steps of {float(terms.increment):.6g} cost {loss:.3g} per lot, or "
            f"{loss / terms.guarantee_of_any_bids:.2%}."
        )
    if terms.limit is not None:
        said += (
            f" No auction that bidders may stay out of guarantees more than {terms.limit:.7g} per lot under these "
            "assumptions."
        )
    return said


def solved_rules(terms: SolvedTerms) -> tuple[str, ...]:
    """How shares and payments come about."""
    mesh = terms.mesh
    nodes = (
        "Shares are listed under decisions in the terms as whole numbers over 2^40, node by node, the bidders in order."
    )
    # for each bidder and each bid of all others: what the bidder gets for a bid of zero
    profiles = np.array([[np.where(own > 0, 0.0, others) for others in _OTHERS] for own in np.eye(terms.bidders)])
    free = (terms.mechanism.allocate(profiles).diagonal(axis1=0, axis2=2) > _ALIKE).any()
    zero = " A bid of zero may bring lots." if free else ""
    if terms.stepped is None:
        return nodes + zero, _ALLOCATION[type(mesh)], _CHARGES, _PARTS[type(mesh)]
    return nodes + zero, _ALLOCATION[type(mesh)], _STEPPED_CHARGES.format(d=f"{float(terms.stepped.increment):.10g}")


_PAIRS = "Nodes are the pairs of the two bidders' breakpoints, the second bidder's running fastest"
_ALLOCATION = {
    Triangles: f"{_PAIRS}. Each cell between breakpoints next to each other is cut from its corner with the first "
    "bidder's larger and the second's smaller point to the opposite one; on each triangle shares are linear in the "
    "bids.",
    CrossedTriangles: f"{_PAIRS}, then the middles of the cells between them in the same order. Each cell is cut by "
    "both diagonals; on each triangle shares are linear in the bids.",
    Boxes: "Nodes are the lists of one breakpoint for each bidder, the last bidder's running fastest. In each box "
    "between breakpoints next to each other shares are interpolated linearly in each bid.",
    Shares: "With S the sum of all bids, each bidder's part of S is a weight, the first bidder having it all where "
    "S is zero. Shares are the weighted mean of those where one bidder alone bids S, which are linear in S between "
    "its breakpoints and constant beyond the last. Nodes are S = 0, then each further breakpoint for each bidder "
    "that may bid alone.",
}
_CHARGES = (
    "In formulas: with X the rule's aggregate excess growth, and E_i the mean over bidder i's bid, exponentially "
    "distributed with mean one, bidder i is charged t_i = −e^{x_i} ∫ Y_i(z) e^{−z} dz, integrated over z > x_i with "
    "the others' bids as they are, per lot of supply. The Y_i add up to X, and each has mean zero in the own bid, "
    "so that a bid of zero is charged nothing."
)
_TWO = "Y_1 = A − E_1 A + E_2 B − E_1 E_2 B and Y_2 = B − E_2 B + E_1 A − E_1 E_2 A"
_ELEMENTS = (
    "the strips where only the first bidder bids more than its last breakpoint, those where only the second does, "
    "and the corner beyond both; three numbers for an element are its values at the corners"
)
_PARTS = {
    Triangles: f"X = A + B with A = B, and {_TWO}. X is constant or linear on each element and listed under growth: "
    f"the triangles at the lower left of each cell, those at the upper right, {_ELEMENTS}.",
    CrossedTriangles: f"X = A + B, and {_TWO}. A and B are constant or linear on each element and listed one after "
    "the other under growth: the triangles at the second bidder's smaller point of each cell, at the first's "
    f"smaller, at the first's larger, at the second's larger, {_ELEMENTS}.",
    Boxes: "Y_i is the mean over all orders of the bidders of E_T X − E_i E_T X, T being those ahead of i and E_T "
    "the mean over all their bids. X is interpolated in each box and listed under growth at the ends of each "
    "bidder's cells and in its tail, the last bidder's running fastest.",
    Shares: "Y_i are such that t_i = x_i g_i(S) with S (g_i' − g_i) + Σ_j g_j = f_i(S), f_i being X where bidder i "
    "alone bids: α + γ/S + βS between breakpoints. X is listed under growth: at S = 0, then at both ends of each "
    "further cell for each bidder, and far out; a second number is the payoff in it, which is linear.",
}
_STEPPED_CHARGES = (
    "In formulas: bids are j·d with d = {d} and j = 0, …, K; r_j = d·(1 + d)^−(j+1), r_K is the rest, and S_j = r_j "
    "+ … + r_K; ∇f = (f_(j+1) − f_j)/d, and 0 at K. X is, at each list of bids, the least over the states of Σ_i "
    "v_i ∇_i q_i − c Σ_i q_i less the state's multiplier, the sum of its belief rows' entries times the multipliers "
    "in the terms and its penalty if it has one, less the mean of all X. Y_i is the mean over all orders of the "
    "bidders of E_T X − E_i E_T X, T being those ahead of i and E the mean under r. Bidder i is charged t_i = −Σ_(l "
    "≥ j) r_l Y_i(l)/S_j per lot of supply; a bid of zero is charged nothing."
)


def solved_constants(terms: SolvedTerms) -> tuple[Constants, ...]:
    """The breakpoints."""
    whose = ["the sum of all bids"]
    if not isinstance(terms.mesh, Shares):
        whose = [f"bidder {i + 1}'s bid" for i in range(terms.bidders)]
    return tuple(
        Constants(name=f"breakpoints of {name}", numbers=tuple(map(float, own)))
        for name, own in zip(whose, terms.breakpoints, strict=True)
    )


def solved_kinds(terms: SolvedTerms) -> tuple[int, ...]:
    """The first of each set of bidders whose bids could be exchanged, as far as some profiles of bids show."""
    roots = np.sqrt(np.arange(2.0, terms.bidders + 2.0))
    places: FloatArray = np.asarray(np.arange(1.0, 7.0)[:, None] * roots % 3.0, dtype=np.float64)
    rule, first = terms.mechanism, [0]
    paid, shares = rule.transfers(places), rule.allocate(places)
    for i in range(1, terms.bidders):
        for j in first:
            order = np.arange(terms.bidders)
            order[[i, j]] = j, i
            turned = places[:, order]
            same = np.allclose(rule.allocate(turned)[:, order], shares, rtol=0, atol=_ALIKE)
            if same and np.allclose(rule.transfers(turned)[:, order], paid, rtol=_ALIKE, atol=_ALIKE):
                break
        else:
            first.append(i)
    return tuple(first)
