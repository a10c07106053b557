"""The class that an environment of another package becomes."""

import re
from typing import TypeVar, cast

from firsthand.environment import Environment

AnyEnvironment = TypeVar("AnyEnvironment", bound=Environment)


def adopted(
    base: type[AnyEnvironment], their_name: str, summary: str, **declared: object
) -> type[AnyEnvironment]:
    """Make a subclass of `base` that declares this; its title is their name in capitals.

    No module holds it, and its qualified name says so: other processes are sent the class itself.
    """
    parts = re.split(r"[\W_]+", their_name)
    title = "".join(part[:1].upper() + part[1:] for part in parts)
    place = {"__module__": base.__module__, "__qualname__": f"adopt.<locals>.{title}"}
    made = type(title, (base,), {"__doc__": summary, **place, **declared})
    return cast("type[AnyEnvironment]", made)
