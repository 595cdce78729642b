"""Exact verification of result folders; shares no code with what computes them (docs/artefacts.md)."""

from robustmech.verification.checks import Check, Verification
from robustmech.verification.folder import read_verified, verify
from robustmech.verification.integrity import manifest_text

__all__ = ["Check", "Verification", "manifest_text", "read_verified", "verify"]
