"""Pages that people look at, made by playing."""

from firsthand.catalogue.gallery import COLUMNS, failed, page, solved
from firsthand.registry import lookup


async def test_a_page_shows_what_was_done_and_what_came_of_it():
    world = lookup("planning/strips")
    right, wrong = await solved(world, level=1), await failed(world, level=1)
    assert right.episode.reward == 1.0 and wrong is not None and wrong.episode.reward == 0.0
    text = page(world, right, wrong)
    assert text.startswith("# planning/strips\n") and "**Score 1** after 3 turns" in text
    assert "## Random play, which fails" in text and "Audited with 700 seeds: **PASS**" in text
    shown = [line for line in text.splitlines() if line.startswith("    ")]
    assert max(map(len, shown)) <= COLUMNS + 4 and any("○" in line for line in shown)


async def test_an_environment_that_always_succeeds_has_no_failed_episode(monkeypatch):
    from firsthand.catalogue import gallery

    monkeypatch.setattr(gallery, "TRIED", 0)
    assert await failed(lookup("games/mastermind"), level=1) is None
