"""Tests that audit a whole target are slow: `make test` runs a sample, `make slow` the rest."""

import pytest

EVERY = {
    "test_a_careless_grader_of_programs_is_found_out": 8,
    "test_a_sound_sibling_is_accused_of_nothing": 4,
    "test_a_sound_sibling_passes_everything": 6,
    "test_an_idea_pays_on_a_grader_with_its_flaw": 3,
    "test_each_flaw_is_found": 6,
    "test_each_flaw_is_found_by_the_check_that_is_about_it": 5,
    "test_graders_that_isolate_programs_are_not_accused": 6,
    "test_no_sound_environment_is_accused": 5,
    "test_no_sound_grader_is_accused": 6,
    "test_the_audit_says_what_it_said": 24,
    "test_the_bug_is_found": 5,
    "test_the_environment_passes_again_at_the_quick_budget": 4,
    "test_the_flaw_is_caught": 16,
    "test_the_flaw_is_found_by_the_check_that_is_about_it": 5,
    "test_weak_tests_are_found": 5,
}
"""Of the cases of these tests every n-th is in the sample, from the first on."""
PROGRAMS_EVERY = 14
"""The same for what the corpus says of graders of programs, which start processes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the marker `slow` to what is not in the sample."""
    seen: dict[str, int] = {}
    for item in items:
        if "tests/audit" not in item.path.as_posix():
            continue
        name = getattr(item, "originalname", item.name)
        every = EVERY.get(name, 1)
        if item.path.name == "test_corpus.py" and _starts_processes(item):
            every = PROGRAMS_EVERY
        place = seen[name] = seen.get(name, -1) + 1
        if place % every:
            item.add_marker(pytest.mark.slow)


def _starts_processes(item: pytest.Item) -> bool:
    parameters = getattr(item, "callspec", None)
    values = parameters.params if parameters is not None else {}
    path = values.get("path") or getattr(values.get("target"), "path", None)
    return path is not None and path.parent.parent.name == "programs"
