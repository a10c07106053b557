"""The page on bridges: short programs, one bridge each, all of which `make bridges` runs."""

from pathlib import Path

from bridges.pages import LONGEST, sections
from bridges.run import BRIDGES

HERE = Path(__file__).parent


def test_every_program_on_the_page_is_short_and_is_run_by_the_test_of_its_bridge():
    tests = "\n".join(bridge.test.read_text() for bridge in BRIDGES.values())
    found = {title: programs for title, programs in sections().items() if programs}
    assert found
    for title, programs in found.items():
        assert f'run_section("{title}"' in tests, title
        for program in programs:
            compile(program, title, "exec")
            assert len(program.splitlines()) <= LONGEST, title


def test_every_bridge_has_its_tests_and_every_test_its_bridge():
    assert {bridge.test for bridge in BRIDGES.values()} == set(HERE.glob("real_*.py"))
