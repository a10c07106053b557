"""MiniGrid and BabyAI as text: what the agent sees of the grid, and BabyAI's bot as the expert.

The view is the library's own: a square in front of the agent, the agent at the bottom looking up,
nothing behind walls. A cell is two letters, what it is and its colour.
"""

from collections.abc import Iterator
from typing import Any, cast

from firsthand.bridges.package import package

MOVES = ("left", "right", "forward", "pickup", "drop", "toggle", "done")

SOLVED = 1e-9
"""Any reward: MiniGrid pays only when the mission is done, and less the longer it took."""

_LETTERS = {"wall": "W", "floor": "F", "key": "K", "ball": "A", "box": "B", "goal": "G"}
_LEGEND = (
    "Two letters a cell: .. empty, ## unseen, WG wall, door D closed, L locked, O open, "
    "K key, A ball, B box, G goal, V lava, then the colour (R red, G green, B blue, P purple, "
    "Y yellow, E grey). ^^ is you, looking up."
)


def require() -> None:
    """Register the library's ids. Raises `MissingExtra`."""
    package("minigrid", extra="gymnasium")


def view(env: Any, seen: Any) -> str:
    """Tell the mission, what is carried, and the cells that the agent sees."""
    inner = env.unwrapped
    grid, visible = inner.gen_obs_grid()
    columns, rows = range(grid.width), range(grid.height)
    cells = [[_cell(grid.get(x, y), visible[x, y]) for x in columns] for y in rows]
    cells[-1][grid.width // 2] = "^^"
    carried = inner.carrying
    held = f"{carried.color} {carried.type}" if carried else "nothing"
    facing = ("east", "south", "west", "north")[int(seen["direction"])]
    shown = "\n".join(" ".join(row) for row in cells)
    told = f"Mission: {seen['mission']}. You face {facing} and carry {held}."
    return f"{told}\n{shown}" if inner.step_count else f"{told}\n{_LEGEND}\n{shown}"


def whole(env: Any) -> str:
    """Draw the whole grid, for people."""
    return cast("str", env.unwrapped.pprint_grid())


def bot(env: Any) -> Iterator[int]:
    """Play as BabyAI's bot, which looks at the mission's own description of success."""
    made = package("minigrid.utils.baby_ai_bot", extra="gymnasium").BabyAIBot(env.unwrapped)
    action = None
    while True:
        action = made.replan(action)
        yield int(action)


def _cell(tile: Any, visible: Any) -> str:
    if not visible:
        return "##"
    if tile is None:
        return ".."
    colour = "E" if tile.color == "grey" else tile.color[0].upper()
    if tile.type == "door":
        return ("O" if tile.is_open else "L" if tile.is_locked else "D") + colour
    if tile.type == "wall":
        return "WG"
    return ("V" if tile.type == "lava" else _LETTERS.get(tile.type, "?")) + colour
