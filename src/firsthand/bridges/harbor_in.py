"""`harbor:DIR` is refused: a task of Harbor is a Docker image, and firsthand runs none."""

from typing import NoReturn

from firsthand.errors import UserError


def adopt(folder: str, *, name: str) -> NoReturn:
    """Say why, and what can be done instead. Raises `UserError`."""
    raise UserError(
        f"harbor:{folder} cannot be played: a task of Harbor is a Docker image with a program of "
        "its own inside, and firsthand runs no images. Its tests can be audited as a grader: "
        f"`firsthand audit {folder}/tests --data ROWS.jsonl --file NAME.py` (docs/rewards.md)."
    )
