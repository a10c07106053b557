"""`firsthand check`: whether an environment keeps its contract."""

import typer

from firsthand.cli.document import document
from firsthand.cli.options import EnvironmentName, Json
from firsthand.cli.terminal import tell


def check(environment: EnvironmentName, json: Json = False) -> None:
    """Check in seconds that an environment keeps its contract.

    Exits with 1 when it does not. Whether its reward can be gamed is another question: see
    `firsthand audit`.

    Example: firsthand check interfaces/shop_desk
    """
    from firsthand.check import inspect

    found = inspect(environment)
    if json:
        document(found)
    else:
        tell(str(found))
    if found.problems:
        raise typer.Exit(1)
