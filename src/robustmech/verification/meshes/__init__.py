"""Meshes in the continuum: exponential weights, so that masses are enclosed and not exact."""
