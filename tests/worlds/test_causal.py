"""What the causal tank claims: interventions tell its laws apart, and looking alone does not."""

import random
from itertools import combinations, product

import pytest

from firsthand.worlds.rules.causal import GAUGES, POSITIONS, effects, model


def explanations(moves, gauge):
    """Every law of a gauge that agrees with what setting each other gauge does to it."""
    others = [other for other in GAUGES if other != gauge]
    found = []
    for (one, other), (by, by_other) in product(
        combinations(others, 2), product(range(1, 5), repeat=2)
    ):
        if all(
            moves[lever, gauge]
            == (
                by * (1 if lever == one else moves[lever, one])
                + by_other * (1 if lever == other else moves[lever, other])
            )
            % POSITIONS
            for lever in others
        ):
            found.append(((one, by), (other, by_other)))
    return found


@pytest.mark.parametrize("world", range(2))
def test_single_interventions_identify_every_law_by_enumeration(world):
    drawn = model(random.Random(world))
    moves = effects(drawn)
    for gauge, parents in drawn.parents.items():
        assert explanations(moves, gauge) == [parents]


def test_a_tide_moves_gauges_together_that_do_not_cause_each_other():
    drawn = model(random.Random(1))
    moves, still = effects(drawn), dict.fromkeys(GAUGES, 0)
    moved = [drawn.settle(still, (tide, 0), {}) for tide in range(POSITIONS)]
    together = [gauge for gauge, (tide, _) in drawn.tides.items() if tide == 0]
    assert all(len({values[gauge] for values in moved}) > 1 for gauge in together)
    assert any(not moves[a, b] and not moves[b, a] for a, b in combinations(together, 2))
