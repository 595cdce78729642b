"""Aggregate excess growth and transfers, back and forth."""

from robustmech.transfers.excess_growth import (
    aggregate_excess_growth,
    equal_division,
    individual_growth_transfers,
    rounding_of,
)

__all__ = ["aggregate_excess_growth", "equal_division", "individual_growth_transfers", "rounding_of"]
