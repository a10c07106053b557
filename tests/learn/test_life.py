"""A life: what it learns, keeps and brings along, its controls, and that it can be killed."""

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from firsthand.episode import Episode
from firsthand.errors import UserError
from firsthand.journal.journal import Journal
from firsthand.learn.life import outcome
from firsthand.learn.life.life import started_in
from firsthand.learn.life.schedule import DEFAULT, Place, schedule, visits
from firsthand.learn.life.settings import LifeConfig
from firsthand.playbook import load
from firsthand.rollout.replay import replay_journal

sys.path.insert(0, str(Path(__file__).parent))

from a_life import SIZES, lived
from apprentice import Apprentice

HERE = Path(__file__).parent
UNDER_WAY_SECONDS = 4.0
"""Less than the short life takes, so that each kill finds it alive."""
SHORT = "interfaces/shop_desk@0,rules/triage@0,interfaces/shop_desk@1,interfaces/shop_desk@0"


def test_a_schedule_names_places():
    found = schedule("interfaces/shop_desk@0, rules/triage@12:3,")
    assert found == (Place("interfaces/shop_desk"), Place("rules/triage", 12, 3))
    assert [place.name for place in found] == ["interfaces/shop_desk@0", "rules/triage@12:3"]
    assert schedule(",".join(place.name for place in found)) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules/triage", "got 'rules/triage'"),
        ("rules/triage@x", "got 'rules/triage@x'"),
        ("rules/triage@1:9", "rules/triage has levels 1 to 5; got 'rules/triage@1:9'"),
        ("rules/triagge@1", "Did you mean 'rules/triage'?"),
    ],
)
def test_a_wrong_place_is_named(text, said):
    with pytest.raises(UserError) as told:
        schedule(f"control/null@0,{text}")
    assert said in str(told.value)


def test_the_usual_life_has_twelve_worlds_in_three_families_and_returns():
    places = schedule(DEFAULT)
    assert len({(place.environment, place.world) for place in places}) >= 12
    assert len({place.environment for place in places}) >= 3
    assert sum(map(bool, visits(places))) >= 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"schedule": ()}, "A life needs at least one place"),
        ({"arms": ("fresh",)}, "`life` among them; got fresh."),
        ({"sleep_tasks": 0}, "sleep_tasks must be at least 1, got 0."),
        ({"tasks": 0}, "tasks must be at least 1, got 0."),
        ({"margin": 1.0}, "A margin lies between 0 and 1, got 1.0."),
        ({"seed": 1000}, "A life's seed is below 1000, got 1000."),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, said):
    with pytest.raises(UserError) as told:
        LifeConfig(**options)
    assert said in str(told.value)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The short life, lived without a break: its folder and what it came to."""
    folder = tmp_path_factory.mktemp("whole") / "life"
    return folder, asyncio.run(lived(folder, SHORT, resume=False))


async def test_a_life_learns_remembers_and_knows_where_it_is(whole):
    folder, found = whole
    life, fresh, shuffled = found.of("life"), found.of("fresh"), found.of("shuffled")
    assert [stage.place.name for stage in life] == SHORT.split(",")
    assert life[0].after.mean > life[0].before.mean + 0.2
    assert life[3].brought == ("interfaces/shop_desk@0",)
    assert life[3].before.scores == life[2].retention["interfaces/shop_desk@0"].scores
    assert life[3].before.mean > fresh[3].before.mean
    # the codes of one world are wrong in another: they are tried, and left at home
    assert life[2].arrival is not None
    assert not life[2].arrival.deployed
    assert life[2].brought == ()
    assert fresh[2].arrival is None
    assert all(stage.after.mean == stage.before.mean for stage in shuffled)
    assert sum(life[3].origins.values()) == len(load_place(folder, life[3]).active)
    assert any(origin.startswith("stage 1") for origin in life[3].origins)
    assert await replay_journal(Journal(folder / "journal")) is None


def load_place(folder, stage):
    places = folder / "arms" / stage.arm / "places"
    return load(places / stage.place.folder / "history" / f"{stage.version:04d}.toml")


def test_the_questions_are_answered_with_n_and_interval(whole):
    _, found = whole
    result = outcome.result(found)
    assert result.worlds == 3
    assert result.families == 2
    assert result.returns is not None and result.returns.mean > 0.1
    assert result.returns.n == SIZES["eval_tasks"]
    assert result.forward is not None and result.forward.n == 3 * SIZES["eval_tasks"]
    assert result.retained is not None and result.retained.n == 2 * SIZES["eval_tasks"]
    told = dict(outcome.questions(result))
    assert "n = 30 tasks" in told["coming back, before learning again, life - fresh"]
    arms = {own.arm: own for own in result.arms}
    assert arms["life"].score.mean > arms["shuffled"].score.mean
    assert [point.rollouts for point in arms["life"].curve] == sorted(
        point.rollouts for point in arms["life"].curve
    )


def test_the_page_shows_every_stage_and_loads_nothing(whole, tmp_path):
    _, found = whole
    page = outcome.write(found, tmp_path).read_text(encoding="utf-8")
    assert "lessons of other worlds did not help" in page
    assert page.count('class="here"') == 4
    assert "http" not in page.replace("http-equiv", "")
    assert msgspec.json.decode((tmp_path / "result.json").read_bytes())["worlds"] == 3


async def test_arms_that_do_the_same_share_what_was_played(whole):
    folder, found = whole
    journal = Journal(folder / "journal")
    ids = [episode.id for episode in journal.episodes()]
    assert len(ids) == len(set(ids))
    played = sum(stage.plays for stage in found.stages)
    assert len(ids) < 0.75 * played  # the first stage of fresh and no_sleep is that of the life


async def test_a_life_that_is_over_plays_nothing_more(whole):
    folder, found = whole
    before = contents(folder)
    again = await lived(folder, SHORT)
    assert again == found
    assert contents(folder) == before


async def test_lessons_move_into_weights_only_where_there_are_any(tmp_path):
    with pytest.raises(UserError, match="cannot be trained, so that its sleep keeps to lessons"):
        await lived(tmp_path / "life", SHORT, distil_tasks=10)
    assert not (tmp_path / "life").exists()


async def test_a_folder_belongs_to_one_life(whole):
    folder, _ = whole
    with pytest.raises(UserError, match="already holds a life"):
        await lived(folder, SHORT, resume=False)
    with pytest.raises(UserError, match="was started with tasks=60. Resume it"):
        await lived(folder, SHORT, tasks=30)
    assert started_in(folder).config.tasks == 60


def contents(folder):
    """What a journal says, without how long it took."""
    return {episode.id: timeless(episode) for episode in Journal(folder / "journal").episodes()}


def timeless(episode: Episode) -> Episode:
    turns = tuple(msgspec.structs.replace(turn, seconds=(0.0, 0.0)) for turn in episode.turns)
    return msgspec.structs.replace(episode, turns=turns, seconds=0.0)


def stages(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("arms/*/stages/*.json"))}


def playbooks(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob("arms/*/places/*/history/*.toml"))
    }


def killed_and_resumed(folder, kills, rng):
    """Live in a process that is killed `kills` times, at random moments, and then to the end."""
    command = [sys.executable, str(HERE / "a_life.py"), str(folder), SHORT]
    killed = 0
    while True:
        living = subprocess.Popen(command)
        try:
            if killed < kills:
                # from the moment it plays: else most kills would hit the start of Python
                before = size(folder)
                deadline = time.monotonic() + 60
                while size(folder) == before and living.poll() is None:
                    assert time.monotonic() < deadline, "the life does not begin to play"
                    time.sleep(0.01)
                time.sleep(rng.random() * UNDER_WAY_SECONDS / kills)
                if living.poll() is None:
                    living.kill()
                    killed += 1
            code = living.wait(timeout=120)
        finally:
            living.kill()
            living.wait()
        if code == 0:
            return killed
        assert code < 0, "a life ended with an error of its own"


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def assert_same_life(folder, whole):
    assert contents(folder) == contents(whole)
    assert stages(folder) == stages(whole)
    assert playbooks(folder) == playbooks(whole)


def test_a_life_that_is_killed_goes_on_and_loses_nothing(whole, tmp_path):
    killed = killed_and_resumed(tmp_path / "life", 5, random.Random(1))
    assert killed == 5
    assert_same_life(tmp_path / "life", whole[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_twenty_kills_change_nothing(whole, tmp_path, seed):
    killed = killed_and_resumed(tmp_path / "life", 20, random.Random(seed))
    assert killed == 20
    assert_same_life(tmp_path / "life", whole[0])


@pytest.fixture(scope="module")
def learning_in_weights(tmp_path_factory):
    """A life of a model that can be trained, in three stages."""
    folder = tmp_path_factory.mktemp("weights") / "life"
    return folder, asyncio.run(lived(folder, WEIGHTS, model=Apprentice(), **IN_WEIGHTS))


WEIGHTS = "interfaces/shop_desk@0,interfaces/shop_desk@1,interfaces/shop_desk@0"
IN_WEIGHTS = {
    "arms": ("life",),
    "distil_tasks": 80,
    "learning_rate": 0.1,
    "rounds": 3,
    "tasks": 60,
    "sleep_tasks": 60,
}


def test_a_model_that_can_be_trained_sleeps_into_its_weights(learning_in_weights):
    folder, found = learning_in_weights
    life = found.of("life")
    assert life[0].adapter
    assert life[0].moved.startswith("moved into weights")
    assert life[0].asleep.mean >= life[0].after.mean - 0.1
    assert life[0].asleep.tokens < life[0].after.tokens - 30
    # another world's codes go into the same weights, and the first is not forgotten
    assert life[1].adapter not in ("", life[0].adapter)
    back = life[2].before
    assert back.mean >= life[0].asleep.mean - 0.1
    assert back.tokens == life[0].before.tokens
    kept = load(folder / "arms" / "life" / "places" / life[2].place.folder / "playbook.toml")
    assert kept.adapter == life[2].adapter
    assert set(life[0].taught) <= set(life[2].taught)


@pytest.mark.slow
async def test_a_life_in_weights_goes_on_where_it_was_interrupted(learning_in_weights, tmp_path):
    whole, found = learning_in_weights
    rng, broken = random.Random(5), 0

    class Broke(Exception):
        pass

    def watch(_phase, _n):
        def step(_episode):
            if rng.random() < 1 / 500:
                raise Broke

        return step

    for _ in range(100):
        try:
            again = await lived(
                tmp_path / "life", WEIGHTS, model=Apprentice(), watch=watch, **IN_WEIGHTS
            )
            break
        except Broke:
            broken += 1
    assert broken >= 2
    assert again == found
    assert contents(tmp_path / "life") == contents(whole)
