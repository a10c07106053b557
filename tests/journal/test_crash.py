import json
import subprocess
import sys
from pathlib import Path

from firsthand.journal import Journal


def test_law_10_no_acknowledged_episode_is_lost_to_sigkill(tmp_path):
    script = Path(__file__).with_name("crash_writers.py")
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "26"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["kills"] >= 200 + 26  # writers, and one indexer a round
    journal = Journal(tmp_path)
    found = {episode.id for episode in journal.episodes()}
    packed = len(list(tmp_path.glob("*.zst")))
    missing = [
        f"{name}-{n}"
        for name, count in told["acknowledged"].items()
        for n in range(count)
        if f"{name}-{n}" not in found
    ]
    assert missing == []
    assert sum(told["acknowledged"].values()) > 500
    assert journal.damage() == []
    assert packed > 0
