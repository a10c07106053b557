"""The web site of a harbour office: a form of several pages that registers a boat.

A plain value with a `respond`, as `sandbox.browser` wants it. The server checks every field; which
pages come depends on what was chosen before.
"""

import html
import re
from urllib.parse import parse_qsl

import msgspec

from firsthand.sandbox.http import Request, Response

MONTHS = ("April", "May", "June", "July", "August", "September", "October")
HULLS = ("wood", "steel", "glass fibre")
KINDS = ("rowing", "motor", "sailing")
FUELS = ("diesel", "petrol", "electric")
PAYMENTS = ("card", "invoice")


class Field(msgspec.Struct, frozen=True):
    """One field of a page: its name in the form, its label, and what may be in it."""

    name: str
    label: str
    pattern: str = ""
    options: tuple[str, ...] = ()
    box: bool = False
    only: str = ""
    """`field=value`: shown only while another field of the page has this value."""

    def accepts(self, value: str) -> bool:
        """Say whether the server takes a value."""
        if self.box:
            return value in ("", "yes")
        return value in self.options if self.options else bool(re.fullmatch(self.pattern, value))


_TEXT, _DATE = r"[\w .'-]{2,40}", r"\d\d\.\d\d\.\d{4}"
OWNER = (
    Field("owner", "Full name of the owner", _TEXT),
    Field("born", "Date of birth (DD.MM.YYYY)", _DATE),
    Field("town", "Town", _TEXT),
)
BOAT = (
    Field("boat", "Name of the boat", _TEXT),
    Field("length", "Length in centimetres", r"\d{3,4}"),
    Field("hull", "Hull", options=HULLS),
    Field("kind", "Kind", options=KINDS),
)
MOTOR = (
    Field("power", "Engine power in kilowatts", r"\d{1,3}"),
    Field("fuel", "Fuel", options=FUELS),
)
SAILING = (
    Field("sail", "Sail number", r"[A-Z]{2} \d{4}"),
    Field("mast", "Height of the mast in centimetres", r"\d{3,4}"),
)
BERTH = (
    Field("first", "First month", options=MONTHS),
    Field("last", "Last month", options=MONTHS),
    Field("mains", "Mains power", box=True),
    Field("pay", "Payment", options=PAYMENTS),
    Field("reference", "Reference for the invoice", r"[A-Z0-9-]{4,12}", only="pay=invoice"),
)


class Harbour(msgspec.Struct):
    """The state of the server: what was entered so far, and what was sent."""

    berths: bool
    """Whether the form asks for a berth too."""
    entered: dict[str, str] = {}
    sent: dict[str, str] | None = None

    def respond(self, request: Request) -> Response:
        """Answer one request with a page."""
        if self.sent is not None:
            return _page("Harbour office", "<p>Your application was received.</p>")
        place = request.path.strip("/")
        if request.method == "POST":
            form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
            return self._posted(place, form)
        if place == "summary" and self.next_page() == "summary":
            return self._summary()
        return self._form(place if place in self.pages() else self.next_page(), "")

    def pages(self) -> dict[str, tuple[Field, ...]]:
        """Return the pages of the form, as far as what was entered decides them."""
        pages: dict[str, tuple[Field, ...]] = {"owner": OWNER, "boat": BOAT}
        kind = self.entered.get("kind")
        if kind in ("motor", "sailing"):
            pages[kind] = MOTOR if kind == "motor" else SAILING
        if self.berths:
            pages["berth"] = BERTH
        return pages

    def next_page(self) -> str:
        """Return the first page that is not filled in."""
        for place, fields in self.pages().items():
            if any(field.name not in self.entered for field in _shown(fields, self.entered)):
                return place
        return "summary"

    def _posted(self, place: str, form: dict[str, str]) -> Response:
        if place == "send" and self.next_page() == "summary":
            self.sent = dict(self.entered)
            return _page("Harbour office", "<p>Your application was received.</p>")
        fields = self.pages().get(place)
        if fields is None:
            return self._form(self.next_page(), "")
        for field in _shown(fields, form):
            if not field.accepts(form.get(field.name, "")):
                return self._form(place, f"Please check: {field.label}.", form)
        known = {name for page in (*self.pages().values(), MOTOR, SAILING) for name in _names(page)}
        kept = {name: value for name, value in self.entered.items() if name in known}
        gone = _names(fields) | (_names(MOTOR) | _names(SAILING) if place == "boat" else set[str]())
        self.entered = {name: value for name, value in kept.items() if name not in gone}
        self.entered |= {field.name: form.get(field.name, "") for field in _shown(fields, form)}
        following = self.next_page()
        return self._summary() if following == "summary" else self._form(following, "")

    def _form(self, place: str, said: str, form: dict[str, str] | None = None) -> Response:
        if place == "summary":
            return self._summary()
        values = self.entered if form is None else form
        body = f"<p>{html.escape(said)}</p>" if said else ""
        body += "".join(
            _control(field, values.get(field.name, "")) for field in self.pages()[place]
        )
        form_html = f'<form method="post" action="/{place}">{body}<button>Continue</button></form>'
        return _page(f"Registration of a boat: {place}", form_html + _SCRIPT)

    def _summary(self) -> Response:
        labels = {field.name: field.label for page in self.pages().values() for field in page}
        lines = "".join(
            f"<li>{html.escape(labels[name])}: {html.escape(value or 'no')}</li>"
            for name, value in self.entered.items()
            if name in labels
        )
        links = "".join(f'<p><a href="/{place}">Change {place}</a></p>' for place in self.pages())
        send = '<form method="post" action="/send"><button>Send the application</button></form>'
        return _page("Registration of a boat: summary", f"<ul>{lines}</ul>{links}{send}")


def _names(fields: tuple[Field, ...]) -> set[str]:
    return {field.name for field in fields}


def _shown(fields: tuple[Field, ...], form: dict[str, str]) -> list[Field]:
    """Return the fields that are visible under these values."""
    return [
        field
        for field in fields
        if not field.only
        or form.get(field.only.partition("=")[0], "") == field.only.partition("=")[2]
    ]


def _control(field: Field, value: str) -> str:
    own, name, said = html.escape(field.label), field.name, html.escape(value, quote=True)
    if field.box:
        control = (
            f'<input type="checkbox" name="{name}" value="yes"{" checked" * (value == "yes")}>'
        )
    elif field.options:
        options = "".join(
            f"<option{' selected' * (option == value)}>{option}</option>"
            for option in ("", *field.options)
        )
        control = f'<select name="{name}">{options}</select>'
    else:
        control = f'<input name="{name}" value="{said}" autocomplete="off">'
    only = f' data-only="{field.only}"' if field.only else ""
    return f"<div{only}><label>{own} {control}</label></div>"


_SCRIPT = """<script>
const update = () => document.querySelectorAll('[data-only]').forEach((e) => {
  const [name, value] = e.dataset.only.split('=');
  e.style.display = document.getElementsByName(name)[0].value === value ? '' : 'none';
});
document.addEventListener('change', update); update();
</script>"""
_STYLE = (
    "body{font:15px sans-serif;margin:2em;max-width:34em}label{display:block;margin:.6em 0}"
    "input,select{float:right;width:14em}button{margin-top:1em}"
)


def _page(title: str, body: str) -> Response:
    text = (
        f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"
        f"<h1>{title}</h1>{body}"
    )
    return Response(200, text.encode(), {"Content-Type": "text/html; charset=utf-8"})
