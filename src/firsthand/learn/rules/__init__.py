"""Other rules for learning in the prompt, one a file, all of them learners over a `Lab`.

They share the proposer of candidate lessons, so that rules of credit and selection are compared
and not writers.
"""
