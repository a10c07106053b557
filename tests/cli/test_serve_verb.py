"""firsthand serve."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

PROGRAM = "from firsthand.cli.main import main; main()"


def test_it_serves_until_it_is_stopped(tmp_path):
    run = [sys.executable, "-c", PROGRAM, "serve", "games/nim", "--port", "0"]
    with subprocess.Popen(
        run,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        url = re.search(r"Serving games/nim on (http://127\.0\.0\.1:\d+); ", first)
        assert url is not None, first
        with urllib.request.urlopen(f"{url[1]}/health") as reply:
            assert reply.read() == b'{"status":"healthy"}'
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 130
        assert "Ctrl-C stops." in server.stdout.read()


def test_mistakes_are_told_before_anything_is_served(cli, monkeypatch):
    assert "Did you mean 'games/nim'?" in cli("serve", "games/nm", code=2).stderr
    refused = cli("serve", "games/nim", "--host", "0.0.0.0", code=2).stderr
    assert "0.0.0.0 can be reached from other machines: set a key for it" in refused
    monkeypatch.setenv("FIRSTHAND_SERVE_KEY", "short")
    refused = cli("serve", "games/nim", "--host", "0.0.0.0", code=2).stderr
    assert "at least 16 ASCII characters, got 5" in refused


@pytest.mark.skipif(importlib.util.find_spec("mcp") is not None, reason="mcp is installed")
def test_without_the_sdk_it_names_the_extra(cli):
    assert "pip install 'firsthand[serve]'" in cli("serve", "games/nim", "--stdio", code=2).stderr
