"""Writing a result folder in one step: it appears whole, or not at all."""

import io
import json
import os
import stat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from robustmech.artefacts.encoding import CERTIFICATE_SCHEMA, encode_certificate, encode_environment
from robustmech.artefacts.replacing import recover, replace_folder
from robustmech.bounds import Solution
from robustmech.elements import ExponentialInformation, PiecewiseLinearMechanism
from robustmech.errors import InputError
from robustmech.model import MECHANISM_DENOMINATOR, Environment, InformationStructure, Mechanism
from robustmech.verification import manifest_text

Arrays = dict[str, npt.NDArray[np.generic]]

MANIFEST = "MANIFEST"
_LONGEST_NAME = 200
_OUR_FILES = {
    MANIFEST,
    "problem.json",
    "certificate.json",
    "mechanism.npz",
    "information.npz",
    "pictures.png",
}


def require_writable(folder: Path | str) -> None:
    """Refuse, before any work is done, a folder that a result cannot be written to.

    A folder that holds an earlier result and nothing else may be replaced, and so may an empty one.

    Raises:
        InputError: naming what is in the way.
    """
    try:
        _require_writable(Path(folder))
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be used ({error.strerror or error}); choose another output folder"
        ) from None


def _require_writable(folder: Path) -> None:
    if len(folder.name.encode()) > _LONGEST_NAME:
        raise InputError(f"{folder}: the name is too long; choose a shorter one")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder}: exists and is not a folder; choose another output folder")
    if folder.resolve() == Path.cwd():
        raise InputError(f"{folder}: is the folder you stand in; name another output folder")
    if folder.is_dir():
        held = {entry.name for entry in folder.iterdir()}
        if held and not _holds_a_result(folder):
            raise InputError(f"{folder}: exists and was not written by robustmech; choose another output folder")
        foreign = sorted(name for name in held if name not in _OUR_FILES or _is_no_plain_file(folder / name))
        if foreign:
            raise InputError(
                f"{folder}: holds {foreign[0]}, which is not part of a result; move it or choose another folder"
            )
    parent = folder.absolute().parent
    if not parent.is_dir():
        raise InputError(f"{folder}: the folder {parent} does not exist; make it first")
    if not os.access(parent, os.W_OK):
        raise InputError(f"{folder}: the folder {parent} cannot be written to")
    recover(folder.absolute(), _OUR_FILES)


def _is_no_plain_file(path: Path) -> bool:
    """Whether something else is there; not where nothing is, as after another writer replaced the folder."""
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _holds_a_result(folder: Path) -> bool:
    try:
        certificate = json.loads((folder / "certificate.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    named = isinstance(certificate, dict) and certificate.get("schema") == CERTIFICATE_SCHEMA
    return named and (folder / MANIFEST).is_file()


def write_result(folder: Path | str, solution: Solution, pictures: bytes | None) -> None:
    """Write the artefacts of a solution, replacing an earlier result at the same place.

    Args:
        folder: where to write; see `require_writable`.
        solution: a certified solution.
        pictures: the PNG file's content, or None to leave it out.
    Raises:
        InputError: if the folder cannot be written to.
    """
    require_writable(folder)
    contents = _contents(solution, pictures)
    contents[MANIFEST] = manifest_text(contents).encode()
    try:
        replace_folder(Path(folder).absolute(), contents, _OUR_FILES)
    except OSError as error:
        raise InputError(f"{folder}: could not be written ({error.strerror or error})") from None


def _contents(solution: Solution, pictures: bytes | None) -> dict[str, bytes]:
    contents = {
        "problem.json": _json(encode_environment(solution.environment)),
        "certificate.json": _json(encode_certificate(solution)),
    }
    if solution.lower is not None:
        contents["mechanism.npz"] = _npz(_mechanism_arrays(solution.lower.mechanism))
    if solution.upper is not None:
        contents["information.npz"] = _npz(_information_arrays(solution.upper.information, solution.environment))
    if pictures is not None:
        contents["pictures.png"] = pictures
    return contents


def _mechanism_arrays(mechanism: Mechanism | PiecewiseLinearMechanism) -> Arrays:
    arrays: Arrays = {
        "decisions": mechanism.decision_counts,
        "denominator": np.array(MECHANISM_DENOMINATOR, dtype=np.int64),
    }
    if mechanism.entry_payments is not None:
        arrays |= {"entry_payments": mechanism.entry_payments.counts}
    if isinstance(mechanism, PiecewiseLinearMechanism):
        return arrays if mechanism.growth is None else arrays | {"growth": mechanism.growth}
    if mechanism.transfers is not None and mechanism.aggregate_excess_growth is not None:
        arrays |= {"transfers": mechanism.transfers, "aggregate_excess_growth": mechanism.aggregate_excess_growth}
    return arrays


def _information_arrays(information: InformationStructure | ExponentialInformation, environment: Environment) -> Arrays:
    if isinstance(information, ExponentialInformation):
        law = information.law
        return {"law": law.counts, "denominator": np.array(law.denominator, dtype=np.int64)}
    return {
        "law": information.law_counts,
        "denominator": np.array(information.denominator, dtype=np.int64),
        "joint": information.joint,
        "interim_values": np.nan_to_num(information.interim_values(environment), nan=0.0),
    }


def _json(content: object) -> bytes:
    return (json.dumps(content, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _npz(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{name: np.asarray(a, order="C") for name, a in arrays.items()})
    return buffer.getvalue()
