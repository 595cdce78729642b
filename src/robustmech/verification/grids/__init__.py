"""Product grids: whole-number weights, so that everything is exact."""
