"""Trajectories that we export are what Harbor's own models of the format accept."""

import json

import pytest
from harbor.models.trajectories import Trajectory

import firsthand as fh
from bridges.pages import run_section
from firsthand.journal.export import export_episodes

FAMILIES = ("data/ledger", "interfaces/shop_desk", "games/nim", "planning/strips")


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("player", ["expert", "random"])
def test_every_episode_is_a_trajectory(name, player, tmp_path):
    agent = fh.Agent(model=fh.model(f"scripted:{player}"))
    episodes = fh.run(fh.rollout(agent, fh.tasks(name, 5)))
    assert export_episodes(episodes, tmp_path / "a.jsonl", form="atif", min_reward=0.0) == 5
    for line, episode in zip(
        (tmp_path / "a.jsonl").read_text().splitlines(), episodes, strict=True
    ):
        trajectory = Trajectory.model_validate_json(line)
        assert trajectory.to_json_dict() == json.loads(line)
        acted = [step for step in trajectory.steps if step.source == "agent"]
        assert len(acted) == len(episode.turns)
        assert trajectory.extra["reward"] == episode.reward


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_section("Export")["written"] == 8
