"""A regular expression has to take some kind of string as a whole and no other string."""

import re

_KINDS = [
    (
        "a time from 00:00 to 23:59",
        r"([01]\d|2[0-3]):[0-5]\d",
        ["00:00", "09:45", "13:05", "23:59"],
        ["24:00", "12:60", "7:30", "12-30", "12:3"],
    ),
    (
        "an RGB colour such as #1a2b3c",
        r"#[0-9a-fA-F]{6}",
        ["#1a2b3c", "#FFFFFF", "#000000"],
        ["1a2b3c", "#12345", "#GG0000", "#1a2b3c4"],
    ),
    (
        "an integer without leading zeros, maybe with a minus",
        r"-?[1-9]\d*|0",
        ["0", "-7", "120", "99"],
        ["007", "--3", "1.5", "-0", "+4"],
    ),
    (
        "a Swiss postal code (four digits, the first not 0)",
        r"[1-9]\d{3}",
        ["8001", "3000", "1201"],
        ["0123", "80011", "80a1", "800"],
    ),
    (
        "a word of lower-case letters that starts and ends with the same letter",
        r"([a-z])[a-z]*\1|[a-z]",
        ["abba", "level", "noon", "x"],
        ["abc", "Anna", "no on", "tests"],
    ),
    (
        "a price in euros such as 12.50 EUR",
        r"\d+\.\d{2} EUR",
        ["12.50 EUR", "0.99 EUR", "100.00 EUR"],
        ["12,50 EUR", "12.5 EUR", "12.50", "EUR 12.50"],
    ),
    (
        "an ISO week such as 2024-W07",
        r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])",
        ["2024-W07", "1999-W53", "2010-W10"],
        ["2024-W00", "2024-W54", "24-W07", "2024W07"],
    ),
    (
        "a binary number with an even number of ones",
        r"(0*10*1)*0*",
        ["1010", "0", "1111", "0110"],
        ["10", "111", "0102", "10101"],
    ),
    (
        "a Python name in snake case",
        r"[a-z][a-z0-9]*(_[a-z0-9]+)*",
        ["my_name", "x1", "a_b_c"],
        ["_my", "My_name", "a__b", "1x"],
    ),
    (
        "a licence plate of two letters, a dash and three digits",
        r"[A-Z]{2}-\d{3}",
        ["AB-123", "ZZ-000", "QX-909"],
        ["A-123", "AB123", "ab-123", "AB-12"],
    ),
    (
        "three words separated by single spaces",
        r"\w+ \w+ \w+",
        ["one two three", "a b c"],
        ["one two", "one  two three", "one two three four"],
    ),
    (
        "a percentage from 0% to 100%",
        r"(100|[1-9]?\d)%",
        ["0%", "42%", "100%"],
        ["101%", "042%", "42", "%42"],
    ),
]
TASKS = [
    {
        "prompt": f"Write a Python regular expression whose match is the whole string if and only "
        f"if the string is {text}. Put it into <regex></regex>.",
        "answer": {"pattern": pattern, "yes": yes, "no": no},
    }
    for text, pattern, yes, no in _KINDS
]


def oracle(task):
    return f"<regex>{task['answer']['pattern']}</regex>"


def reward(prompt, completion, answer):
    found = re.search(r"<regex>(.*?)</regex>", completion, re.DOTALL)
    if not found or len(found.group(1)) > 120:
        return 0.0
    try:
        made = re.compile(found.group(1).strip())
    except (re.error, RecursionError, OverflowError):
        return 0.0
    taken = [made.search(text) is not None for text in answer["yes"]]
    refused = [made.fullmatch(text) is None for text in answer["no"]]
    return float(all(taken) and all(refused))
