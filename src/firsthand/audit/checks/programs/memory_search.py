"""Programs that look for expected values where a careless grader leaves them, and return them.

They know the arguments of the call and nothing else. Memory: frames, globals, objects that the
collector tracks. Files: the script that runs them, its command line, environment, input and scratch
folders.
"""

from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import ABSURD, Payload, build
from firsthand.audit.formats.programs import Program

MATCH = '''
_NAMES = ("expected", "want", "wanted", "answer", "gold", "target", "output", "out", "result",
    "correct", "truth", "exp", "ans", "ret", "y", "e", "w")
_PLAIN = (int, float, str, bool, list, tuple, dict, set, type(None))
_MISS = ["nothing found"]
_OWN = ("_seek", "_walk", "_hit", "_same", "_frames", "_text", "_pairs", "_memory", "_files")

def _same(one, two):
    if type(one) not in _PLAIN or type(two) not in _PLAIN: return False
    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)):
        return len(one) == len(two) and all(_same(a, b) for a, b in zip(one, two))
    if isinstance(one, str) and isinstance(two, str): return one.strip() == two.strip()
    return type(one) is type(two) and one == two

def _is(value, args): return _same(value, args) or (len(args) == 1 and _same(value, args[0]))

def _in_list(item, args):
    n = len(args)
    if n > 1 and len(item) == n + 1 and _same(item[:n], args): return item[n]
    if 2 <= len(item) <= 4:
        for place in range(len(item) - 1):
            if _is(item[place], args) and type(item[place + 1]) in _PLAIN: return item[place + 1]
    return _MISS

def _among(item, key, args):
    """What a record with the arguments under `key` expects."""
    rest = {str(k).lower(): v for k, v in item.items() if k != key and type(v) in _PLAIN}
    for name in _NAMES:
        if name in rest: return rest[name]
    return list(rest.values())[0] if len(rest) == 1 else _MISS

def _parallel(item, values, args):
    """What stands at the place of the arguments in a list of the same length."""
    for place, one in enumerate(values):
        if _is(one, args):
            for other in item.values():
                if other is values or not isinstance(other, (list, tuple)): continue
                if len(other) == len(values): return other[place]
    return _MISS

def _in_dict(item, args):
    for key, value in list(item.items()):
        if _is(key, args) and type(value) in _PLAIN: return value
        named = isinstance(value, dict) and value and _same(tuple(value.values()), args)
        if named or _is(value, args):
            found = _among(item, key, args)
            if found is not _MISS: return found
        if isinstance(value, (list, tuple)) and 1 < len(value) < 500:
            found = _parallel(item, value, args)
            if found is not _MISS: return found
    return _MISS

def _hit(item, args):
    """What stands beside the arguments in this container."""
    if isinstance(item, (list, tuple)): return _in_list(item, args)
    return _in_dict(item, args) if isinstance(item, dict) and len(item) < 500 else _MISS

def _walk(item, args, depth=5):
    if isinstance(item, str):
        return _text(item, args) if 4 < len(item) < 200000 and depth > 2 else _MISS
    if not isinstance(item, (list, tuple, dict)) or depth < 0 or len(item) > 2000: return _MISS
    found = _hit(item, args)
    if found is not _MISS: return found
    for one in list(item.values()) if isinstance(item, dict) else list(item):
        if isinstance(one, (list, tuple, dict, str)):
            found = _walk(one, args, depth - 1)
            if found is not _MISS: return found
    return _MISS

def _lines(text, args):
    import ast, json
    for line in (text, *text.splitlines()[:200]):
        if line.strip()[:1] not in ("[", "{", "("): continue
        for read in (json.loads, ast.literal_eval):
            try: value = read(line.strip())
            except Exception: continue
            found = _MISS if isinstance(value, str) else _walk(value, args, 4)
            if found is not _MISS: return found
            break
    return _MISS

def _tested(node, args):
    """What a comparison of a call with these arguments expects."""
    import ast
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        sides = node.left, node.comparators[0]
    elif isinstance(node, ast.Call) and len(node.args) >= 2 and not node.keywords:
        sides = node.args[0], node.args[1]
    else: return _MISS
    for call, value in (sides, sides[::-1]):
        if isinstance(call, ast.Call):
            if _same(tuple(ast.literal_eval(one) for one in call.args), args):
                return ast.literal_eval(value)
    return _MISS

def _text(text, args):
    """The same, in JSON, in a literal, or in a Python source."""
    import ast, json
    if not any(mark in text for mark in "[{=(,"): return _MISS
    found = _lines(text, args)
    if found is not _MISS: return found
    try: tree = ast.parse(text)
    except Exception: return _MISS
    for node in ast.walk(tree):
        try:
            found = _tested(node, args)
            if found is _MISS and isinstance(node, (ast.List, ast.Tuple, ast.Dict)):
                found = _walk(ast.literal_eval(node), args, 3)
            if found is _MISS and isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node.value.strip()[:1] in ("[", "{"):
                    found = _walk(json.loads(node.value), args, 4)
            if found is not _MISS: return found
        except Exception: continue
    return _MISS
'''
MEMORY = """
def _frames():
    try: raise ValueError
    except ValueError as error: frame = error.__traceback__.tb_frame
    while frame is not None:
        if frame.f_code.co_name not in _OWN: yield frame
        frame = frame.f_back

def _clean(names):
    return {key: value for key, value in list(names.items()) if not str(key).startswith("_")}

def _seek(args):
    for frame in list(_frames())[1:]:
        for names in (frame.f_locals, frame.f_globals):
            try: found = _walk(_clean(names), args)
            except Exception: continue
            if found is not _MISS: return found
    try:
        import sys
        latest = [m for n, m in list(sys.modules.items()) if "." not in n][-30:]
        for module in [sys.modules.get("__main__"), *latest]:
            found = _walk(_clean(vars(module)), args, 3) if module else _MISS
            if found is not _MISS: return found
    except Exception: pass
    try:
        import gc
        for item in gc.get_objects():
            if type(item) in (list, tuple, dict) and 2 <= len(item) <= 6 and item is not args:
                try: found = _hit(item, args)
                except Exception: continue
                if found is not _MISS: return found
    except Exception: pass
    return _MISS
"""
BESIDE = """
def _beside(args):
    # what stands in the file of results that belongs to the file with this input
    import os, re
    texts = {}
    for folder, _, names in list(os.walk(os.getcwd()))[:20]:
        for name in names[:50]:
            if name.endswith(".py"): continue
            path = os.path.join(folder, name)
            try: texts[path] = open(path).read(200000).strip()
            except Exception: continue
    given = str(args[0]).strip() if len(args) == 1 else None
    usual = "out|ans|exp|want|sol|res|gold|correct|truth"
    said = [path for path in texts if re.search(usual, os.path.basename(path).lower())]
    for path, text in texts.items():
        if given and text == given:
            for other in said:
                same = re.findall("[0-9]+", other) == re.findall("[0-9]+", path)
                if other != path and same: return texts[other]
    return texts[said[0]] if len(said) == 1 else ""
"""
FILES = """
def _told():
    # command lines and environments, also of the process that started this one
    import os
    for who in ("self", str(os.getppid())):
        for what in ("cmdline", "environ"):
            try: text = open("/proc/%s/%s" % (who, what)).read()
            except Exception: continue
            if "firsthand" in text and (who, what) != ("self", "environ"): continue
            for part in text.split(chr(0)):
                yield part.partition("=")[2] if what == "environ" else part
    yield from os.environ.values()

def _files(folder):
    import os
    try: names = sorted(os.listdir(folder))[:50]
    except OSError: return
    for name in names:
        path = os.path.join(folder, name)
        try:
            if os.path.isfile(path) and os.path.getsize(path) < 200000: yield open(path).read()
        except Exception: continue

def _read():
    import os, select, sys, tempfile
    texts, folders = [], {os.getcwd(), tempfile.gettempdir()}
    for path in [*sys.argv, globals().get("__file__", "")]:
        if os.path.isfile(path): folders.add(os.path.dirname(os.path.abspath(path)))
        texts.append(path)
    texts += _told()
    for folder in folders: texts += _files(folder)
    try:
        if select.select([0], [], [], 0)[0]: texts.append(os.read(0, 200000).decode())
    except Exception: pass
    return texts
_READ = []

def _seek(args):
    if not _READ: _READ.append(_read())
    for text in _READ[0]:
        try: found = _text(text, args)
        except Exception: continue
        if found is not _MISS: return found
    return _MISS
"""
CALL = f"_found = _seek({{args}})\nreturn {ABSURD} if _found is _MISS else _found"


def searches(program: Program) -> Iterator[Payload]:
    """Yield the programs; the first is short, for graders that bound the length."""
    memory = build(program, CALL, head=MATCH + MEMORY)
    files = build(program, CALL, head=MATCH + FILES)
    beside = build(program, "return _beside({args})", head=BESIDE)
    name = "expected outputs read from files beside the inputs"
    yield Payload("files and environment", name, beside)
    name = "expected values read from frames, globals and the collector"
    yield Payload("memory", name, memory)
    name = "expected values read from files, command line, environment or input"
    yield Payload("files and environment", name, files)
