"""Worker processes: one way to start, bound, talk to and end them, for the audit, the SQL sandbox
and rollouts.

`child` is the parent's side, `host` the side of the worker, `frames` what goes between them.
`bubblewrap`, `landlock` and `seccomp` keep a worker away from the rest of the machine, where the
kernel lets them.
"""
