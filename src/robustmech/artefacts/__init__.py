"""Result folders: everything needed to check a bracket again, written whole or not at all."""

from robustmech.artefacts.folder import require_writable, write_result
from robustmech.artefacts.reading import Result, read_result

__all__ = ["Result", "read_result", "require_writable", "write_result"]
