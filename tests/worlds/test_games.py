"""What the generic laws do not cover: that opponents and solvers are right, by brute force."""

from itertools import product

from firsthand.worlds.games.battleship import LEVELS, around, placements
from firsthand.worlds.games.bidding import Sale, Way
from firsthand.worlds.games.endgame import NEVER, Position, plies, white_moves
from firsthand.worlds.games.nim import won


def at(king, pawn, rival):
    """A position from names of fields."""
    return Position(
        *("abcdefgh".index(name[0]) + 8 * int(name[1]) - 8 for name in (king, pawn, rival))
    )


def test_nim_agrees_with_what_is_known():
    plain = won(((1, 2, 3), (1, 2, 3)), False)
    assert all(plain[n, 0] == (n % 4 != 0) for n in range(20))
    assert all(plain[a, b] == (a % 4 != b % 4) for a, b in product(range(12), repeat=2))
    misere = won(((1, 2, 3), (1, 2, 3)), True)
    assert all(misere[n, 0] == (n % 4 != 1) for n in range(20))


def test_the_target_of_an_auction_is_what_no_bids_exceed():
    ways = (Way(30, 20, -10), Way(40, 10, 0))
    sale = Sale(("Dorn", "Hale"), ways, ("a", "b", "c", "d"), (100, 60, 200, 150))
    most = 0
    for bids in product(range(0, 101, 10), repeat=4):
        profit, rivals = 0, (30, 40)
        for lot, own in enumerate(bids):
            winner, *following = sale.after(rivals, own)
            rivals = tuple(following)
            profit += (winner == 2) * (sale.estimates[lot] - sale.price(lot, own))
        most = max(most, profit)
    assert sale.best(0, (30, 40))[0] == most


def test_endgames_that_books_tell():
    assert plies(at("d5", "d4", "d7"), white=True) == NEVER, "the opposition decides"
    assert plies(at("d5", "d4", "d7"), white=False) < NEVER
    assert plies(at("d6", "d5", "d8"), white=True) < NEVER, "won, whoever moves"
    assert plies(at("d6", "d5", "d8"), white=False) < NEVER
    assert plies(at("g6", "h5", "g8"), white=False) == NEVER, "a rook's pawn"
    assert plies(at("c6", "b7", "b8"), white=True) == NEVER
    assert plies(at("a1", "h5", "b5"), white=True) < NEVER, "outside the square"
    moves = white_moves(at("e6", "e5", "e8"))
    assert {move for move, to in moves.items() if plies(to, white=False) < NEVER} == {"Kd6", "Kf6"}


def test_ships_lie_on_the_sea_and_have_room():
    for shape in LEVELS.values():
        for length in shape.fleet:
            assert len(placements(shape.side, length)) == 2 * shape.side * (shape.side - length + 1)
    assert len(around(frozenset({(0, 0), (0, 1)}))) == 12
