"""Many contexts in one forward pass: what begins alike is computed once.

Contexts are put into a tree of tokens; the tree is one sequence in which a token sees its ancestors
only and has its depth as its position. The system message of a batch, the prompt of a group of
rollouts and the options behind one prompt are all shared that way, and nothing is padded.
"""

from collections.abc import Sequence

import numpy as np


class TokenTree:
    """Tokens, each with the one before it. A parent comes before its children."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.parents: list[int] = []
        self._children: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def insert(self, ids: Sequence[int], *, after: int = -1) -> list[int]:
        """Return the places [len(ids)] of the tokens, added where they are not there yet.

        `after` is the place of the token before them; -1: they begin a context.
        """
        places: list[int] = []
        for token in ids:
            place = self._children.get((after, token))
            if place is None:
                place = len(self.ids)
                self._children[after, token] = place
                self.ids.append(token)
                self.parents.append(after)
            places.append(place)
            after = place
        return places

    def missing(self, ids: Sequence[int]) -> int:
        """Return how many tokens of a context `insert` would add."""
        after = -1
        for done, token in enumerate(ids):
            place = self._children.get((after, token))
            if place is None:
                return len(ids) - done
            after = place
        return 0

    @property
    def positions(self) -> list[int]:
        """The depth of each token [N], from 0."""
        depths: list[int] = []
        for parent in self.parents:
            depths.append(depths[parent] + 1 if parent >= 0 else 0)
        return depths

    def visible(self) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
        """Return [N, N]: whether the token of the row sees that of the column."""
        seen = np.zeros((len(self), len(self)), dtype=np.bool_)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                seen[place, : parent + 1] = seen[parent, : parent + 1]
            seen[place, place] = True
        return seen
