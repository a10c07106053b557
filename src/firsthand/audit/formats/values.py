"""How reference answers are usually written, and the single values that they are made of."""

import json
from collections.abc import Iterator
from typing import Any, cast

GAPS = (", ", ",", " ", "; ", "\n", " -> ", " | ")
"""What stands between the items of a list that is written as text."""
Path = tuple[str | int, ...]


def written(answer: Any) -> list[str]:
    """Return the ways in which a reference answer is usually written as a whole, longest first."""
    if isinstance(answer, str):
        forms = [answer, answer.strip()]
    elif isinstance(answer, bool) or answer is None:
        forms = [json.dumps(answer), str(answer), "yes" if answer else "no"]
    elif isinstance(answer, (int, float)):
        forms = [str(answer), f"{answer:g}", f"{answer:.2f}", f"{answer:.1f}", f"{answer:,}"]
    elif isinstance(answer, list):
        forms = _of_list(cast("list[Any]", answer))
    elif isinstance(answer, dict):
        forms = _of_dict(cast("dict[str, Any]", answer))
    else:
        forms = []
    return sorted({form for form in forms if form}, key=len, reverse=True)


def _of_list(answer: list[Any]) -> list[str]:
    items = [(written(item) or [""])[0] for item in answer]
    joined = [gap.join(items) for gap in GAPS]
    alone = written(answer[0]) if len(answer) == 1 else []
    return [json.dumps(answer), *joined, *alone]


def _of_dict(answer: dict[str, Any]) -> list[str]:
    alone = written(next(iter(answer.values()))) if len(answer) == 1 else []
    return [json.dumps(answer), json.dumps(answer, sort_keys=True), *alone]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each single value of a nested answer with the keys that lead to it."""
    if isinstance(value, dict) and value:
        for key, inner in cast("dict[str, Any]", value).items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(cast("list[Any]", value)):
            yield from leaves(inner, (*path, place))
    else:
        yield path, value
