"""Two queries are told apart by what they do on generated tables, not by how they are written."""

import pytest

from firsthand.audit.formats.query_runs import same_effect

STAFF = "SELECT name FROM staff WHERE age > 30"


@pytest.mark.parametrize(
    ("right", "changed"),
    [
        (f"{STAFF} AND city = 'Rome'", STAFF),
        (f"{STAFF} ORDER BY age DESC LIMIT 3", f"{STAFF} ORDER BY age DESC"),
        (f"{STAFF} ORDER BY age LIMIT 40", f"{STAFF} ORDER BY age"),
        (f"{STAFF} ORDER BY age DESC", f"{STAFF} ORDER BY age"),
        ("DELETE FROM staff WHERE age > 30", "DELETE FROM staff"),
        (
            "SELECT s.name FROM staff s JOIN shop p ON s.shop = p.id WHERE p.city = 'Rome'",
            "SELECT s.name FROM staff s JOIN shop p ON s.shop = p.id",
        ),
        (
            "SELECT city, COUNT(*) FROM staff GROUP BY city HAVING COUNT(*) > 2",
            "SELECT city, COUNT(*) FROM staff GROUP BY city",
        ),
    ],
)
def test_a_clause_with_an_effect_is_seen(right, changed):
    assert same_effect(right, changed) is False


@pytest.mark.parametrize(
    ("right", "changed"),
    [
        ("SELECT DISTINCT MAX(age) FROM staff", "SELECT MAX(age) FROM staff"),
        ("SELECT COUNT(*) FROM staff LIMIT 1", "SELECT COUNT(*) FROM staff"),
        ("SELECT DISTINCT city FROM staff GROUP BY city", "SELECT city FROM staff GROUP BY city"),
    ],
)
def test_a_clause_without_an_effect_is_seen(right, changed):
    assert same_effect(right, changed) is True


@pytest.mark.parametrize("right", ["grep -r foo", "SELECT TOP 3 name FROM staff", "select 1"])
def test_what_cannot_be_run_is_unknown(right):
    assert same_effect(right, right[:-4]) is None
