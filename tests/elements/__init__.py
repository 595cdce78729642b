"""Attacks on the meshes of the continuum: what their docstrings promise, checked from outside."""
