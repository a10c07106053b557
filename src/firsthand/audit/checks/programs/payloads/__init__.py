"""Programs that solve nothing, each after one idea of how a grader is cheated; one file per idea.

They are written from the interface that the oracle's program has and from what the prompt shows,
never from the oracle's code. They run wherever the grader runs submissions, and write only into the
auditor's scratch folders.
"""
