"""Geometry on whole numbers; results must have the right type as well as the right value, and
anything else is worth nothing."""

POINTS = [(2, 3), (-1, 9), (0, -5), (-7, -7), (12, 4), (3, 4), (-5, 1)]
SIDES = [(3, 4, 5), (1, 2, 3), (9, 2, 3), (2, 9, 3), (7, 7, 7), (5, 3, 3)]
KATA = {
    "signed_area(w, h)": ("the product of two signed sides", "w * h", POINTS),
    "outline(w, h)": (
        "the perimeter of a rectangle with sides of the sizes of w and h, signs left aside",
        "2 * (abs(w) + abs(h))",
        POINTS,
    ),
    "taxi(x, y)": ("how many blocks it is from (0, 0) to (x, y)", "abs(x) + abs(y)", POINTS),
    "inside(x, y)": (
        "whether (x, y) lies in the circle of radius 5 around (0, 0), its edge included",
        "x * x + y * y <= 25",
        POINTS,
    ),
    "quadrant(x, y)": (
        "the quadrant of (x, y), counted from 1 against the clock, and 0 on an axis",
        "0 if x * y == 0 else (1 if x > 0 else 2) if y > 0 else (3 if x < 0 else 4)",
        POINTS,
    ),
    "triangle(a, b, c)": (
        "whether sides of these lengths make a triangle that is not flat",
        "a + b > c and b + c > a and a + c > b",
        SIDES,
    ),
    "sides(a, b, c)": ("how many different lengths there are", "len({a, b, c})", SIDES),
}


def _make() -> list[dict]:
    tasks = []
    for signature, (returns, body, points) in KATA.items():
        entry, _, names = signature.partition("(")
        program = f"def {signature}:\n    return {body}\n"
        scope: dict = {}
        exec(program, scope)
        hidden = [[list(point), scope[entry](*point)] for point in points]
        shown = "\n".join(
            f">>> {entry}({', '.join(map(str, point))})\n{value}" for point, value in hidden[:2]
        )
        tasks.append(
            {
                "prompt": f"Write a Python function {entry} of the whole numbers "
                f"{names.rstrip(')')} that returns {returns}. No prose.\n{shown}",
                "answer": {"call": entry, "hidden": hidden},
                "program": program,
            }
        )
    return tasks


TASKS = _make()


def _same(found: object, expected: object) -> bool:
    return type(found) in (int, bool) and type(found) is type(expected) and found == expected


def reward(prompt: str, completion: str, answer: dict) -> float:
    scope: dict = {"__name__": "shapes"}
    passed = 0
    try:
        exec(compile(completion, "shapes", "exec"), scope)
        for point, expected in answer["hidden"]:
            passed += _same(scope[answer["call"]](*point), expected)
    except BaseException:
        return 0.0
    return 1.0 if passed == len(answer["hidden"]) else 0.0


def oracle(task: dict) -> str:
    return task["program"]
