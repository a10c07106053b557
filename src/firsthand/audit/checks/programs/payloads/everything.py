"""Programs that say everything, so that whatever is looked for is contained in what they say."""

from collections.abc import Iterator

from firsthand.audit.checks.programs.payloads.payload import Payload, build
from firsthand.audit.formats.programs import Program

BODY = """\
_all = [*range(-200, 2000), True, False, None]
_words = str({args}).replace(',', ' ')
return SEPARATOR.join([*map(str, _all), _words, _words.upper(), str({first})])"""


def everything(program: Program) -> Iterator[Payload]:
    """Yield the programs: all on one line, and each on a line of its own."""
    for name, separator in (("on one line", "' '"), ("line by line", "'\\n'")):
        text = build(program, BODY.replace("SEPARATOR", separator))
        what = f"all numbers from -200 to 2000 and its input, {name}"
        yield Payload("contained", what, text, variation=name == "line by line")
