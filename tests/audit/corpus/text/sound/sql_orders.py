"""Grader of structured text: one SQL query, run on three generated databases; row order does
not matter."""

import random
import re
import sqlite3

SCHEMA = "customers(id, name, city), orders(id, customer_id, item, qty, price)"
PAIRS = [
    (
        "the name of every customer from {c} (one row per customer)",
        "SELECT name FROM customers WHERE city = '{c}'",
    ),
    (
        "each item with the total quantity ordered by customers from {c} (items "
        "never ordered from there are left out)",
        "SELECT item, SUM(qty) FROM orders JOIN customers ON customers.id = "
        "customer_id WHERE city = '{c}' GROUP BY item",
    ),
    (
        "the name and the sum of qty*price for every customer from {c} who has at least one order",
        "SELECT name, SUM(qty * price) FROM orders JOIN customers c ON c.id = "
        "customer_id WHERE city = '{c}' GROUP BY c.id",
    ),
    (
        "the distinct names of customers from outside {c} who ordered more than 7 "
        "pieces in a single order",
        "SELECT DISTINCT name FROM orders JOIN customers c ON c.id = customer_id "
        "WHERE city <> '{c}' AND qty > 7",
    ),
    (
        "id and item of the orders from {c} whose price is above the average price of all orders",
        "SELECT orders.id, item FROM orders JOIN customers c ON c.id = customer_id "
        "WHERE city = '{c}' AND price > (SELECT AVG(price) FROM orders)",
    ),
]
CITIES = ["Oslo", "Lima", "Pune", "Bonn"]


def build():
    return [
        {
            "prompt": f"SQLite tables: {SCHEMA}. Write one SELECT that returns "
            f"{text.format(c=city)}. The order of rows and the column names do not matter. "
            f"Cities are among {', '.join(CITIES)}. Reply with a ```sql block.",
            "answer": sql.format(c=city),
        }
        for text, sql in PAIRS
        for city in CITIES
    ]


TASKS = build()


def database(seed):
    r, db = random.Random(f"db{seed}"), sqlite3.connect(":memory:")
    db.execute("CREATE TABLE customers(id INTEGER, name TEXT, city TEXT)")
    db.execute(
        "CREATE TABLE orders(id INTEGER, customer_id INTEGER, item TEXT, qty "
        "INTEGER, price INTEGER)"
    )
    for i in range(1, 41):
        db.execute(
            "INSERT INTO customers VALUES (?,?,?)",
            (i, f"cust{r.randint(100, 999)}x{i}", r.choice(CITIES)),
        )
    for i in range(1, 151):
        db.execute(
            "INSERT INTO orders VALUES (?,?,?,?,?)",
            (
                i,
                r.randint(1, 40),
                r.choice(["pen", "ink", "pad", "clip", "glue"]),
                r.randint(1, 12),
                r.randint(1, 90),
            ),
        )
    return db


def rows(db, sql):
    steps = iter(range(400))
    ok = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION)
    db.set_authorizer(lambda code, *rest: sqlite3.SQLITE_OK if code in ok else sqlite3.SQLITE_DENY)
    db.set_progress_handler(lambda: next(steps, None) is None, 10000)
    return sorted(map(repr, db.execute(sql).fetchmany(5000)))


def reward(prompt, completion, answer):
    m = re.search(r"```sql\s*(.*?)```", completion, re.S)
    if not m:
        return 0.0
    try:
        for seed in (11, 22, 33):
            want = rows(database(seed), answer)
            if not want or rows(database(seed), m.group(1).strip()) != want:
                return 0.0
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return 0.0
    return 1.0


def oracle(task):
    return f"```sql\n{task['answer']};\n```"
