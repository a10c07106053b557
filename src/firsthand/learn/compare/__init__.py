"""One experiment over all ways of learning: the same turns, the same base, the same held-out tasks.

`arms` lists who can take part, `controls` what must not learn, `experiment` runs them cell by cell
and keeps each, `summary` says what came of it with intervals, `picture` draws it.
"""
