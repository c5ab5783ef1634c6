"""The catalogues: compile the `.po` fragments into `.mo` files, and check that no word is missing.

    python tests/tools/catalogues.py compile    write every LC_MESSAGES/*.mo afresh
    python tests/tools/catalogues.py check      name each mistake; exit 1 when there is one

A package (core, backend or plugin) keeps its words in ``locale/<language>/<area>.po``; they are merged
into its ``locale/<language>/LC_MESSAGES/perthyn.mo``. ``click.po`` is click's own words and becomes
``messages.mo``, the name under which click looks for them. Needs Babel, which is for development only.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import string
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
PLURALS = {
    "cy": "nplurals=6; plural=(n==0) ? 0 : (n==1) ? 1 : (n==2) ? 2 : (n==3) ? 3 : (n==6) ? 4 : 5;",
    "en": "nplurals=2; plural=(n != 1);",
}
UNREVIEWED = "heb ei adolygu"
CODE = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)+")
CODED = {"Note", "Wrong", "Aside", "Problem"}  # made with a code, though not raised
FOUND = re.compile(r"health\.[a-z]+\.[a-z]+")  # a code wherever it stands: they are handed on in pairs and threes
TRANSLATORS = {"t", "_t", "translator"}
HELP = {"help", "short_help", "epilog", "prompt"}

# Welsh that went wrong elsewhere: what a word must not be, and where the English says what.
UNWELSH = (
    (r"", r"dashfwrdd", "dangosfwrdd"),
    (r"", r"dad-tanysgrif", "dad-danysgrifio"),
    (r"", r"(?<!yn )\bofynnol", "gofynnol"),
    (r"\btables?\b", r"\bbwrdd\b", "tabl"),
    (r"\bhousehold", r"\bteulu", "aelwyd"),
    (r"\bconsent\b", r"\bcaniatâd\b", "cydsyniad"),
    (r"", r"&(?!\w+;)", "a, ac"),
)
UNSAID = {"interaction", "mirror", "poison", "snapshot", "journal", "batch"}
"""Our own words, which nobody at a desk uses: never in the web app."""


# --- reading the catalogues --------------------------------------------------------------------------


def homes(root: Path) -> list[Path]:
    """The packages that can hold words: the core, each backend, each plugin."""
    found = [root / "core" / "perthyn", *(root / "backends").glob("*"), *(root / "plugins").glob("*")]
    return sorted(path for path in found if (path / "__init__.py").is_file())


def fragments(home: Path, language: str) -> list[Path]:
    """The `.po` files of one package and language."""
    return sorted((home / "locale" / language).glob("*.po"))


def read(path: Path) -> Catalog:
    """One `.po` file; raises Babel's `PoFileError` where it is none."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name, ignore_obsolete=True, abort_invalid=True)


def entries(catalogue: Catalog) -> Iterator[Message]:
    """The entries without the header."""
    return (message for message in catalogue if message.id)


def name(message: Message) -> str:
    """What an entry is looked up by: its msgid, the singular where there are two."""
    return message.id if isinstance(message.id, str) else message.id[0]


# --- compiling ---------------------------------------------------------------------------------------


class Merged(Catalog):
    """A catalogue whose header holds nothing that changes with the day or with Babel's version."""

    language = "en"

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Language", self.language),
            ("Plural-Forms", PLURALS[self.language]),
        ]


def compiled(root: Path) -> dict[Path, bytes]:
    """Every `.mo` file as it should be: path to bytes."""
    files = {}
    for home in homes(root):
        for language in PLURALS:
            domains: dict[str, list[Catalog]] = {}
            for path in fragments(home, language):
                domains.setdefault("messages" if path.stem == "click" else "perthyn", []).append(read(path))
            for domain, parts in domains.items():
                path = home / "locale" / language / "LC_MESSAGES" / f"{domain}.mo"
                files[path] = _merge(language, parts)
    return files


def _merge(language: str, parts: Iterable[Catalog]) -> bytes:
    merged = Merged(locale=language)
    merged.language = language
    for part in parts:
        for message in entries(part):
            merged.add(message.id, message.string)
    file = io.BytesIO()
    write_mo(file, merged)
    return file.getvalue()


# --- reading the source ------------------------------------------------------------------------------


@dataclass
class Source:
    """What one package's modules say: codes, sentences, and every string (to find unused entries)."""

    codes: list[tuple[str, str, set[str] | None]] = field(default_factory=list)  # where, code, facts given
    sentences: list[tuple[str, str, set[str] | None]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    strings: set[str] = field(default_factory=set)


def modules(home: Path, root: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(home.rglob("*.py")):
        if "testing" in path.relative_to(home).parts[:1]:
            continue  # the kit makes up codes of its own
        yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def error_classes(trees: Iterable[ast.Module]) -> set[str]:
    """`PerthynError` and all that descends from it, by name."""
    bases = {
        node.name: {_called(base) for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"PerthynError"}
    while more := {child for child, parents in bases.items() if parents & found} - found:
        found |= more
    return found


def read_source(home: Path, root: Path, errors: set[str]) -> Source:
    source = Source()
    for where, tree in modules(home, root):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                source.strings |= {node.value, inspect.cleandoc(node.value)}
                if FOUND.fullmatch(node.value):
                    source.codes.append((f"{where}:{node.lineno}", node.value, None))
            elif isinstance(node, ast.Call):
                _read_call(source, f"{where}:{node.lineno}", node, errors)
            elif isinstance(node, ast.FunctionDef) and (words := _help(node)):
                source.sentences.append((f"{where}:{node.lineno}", words, None))
    for path in sorted(home.rglob("*.html")):
        _read_template(source, path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
    return source


def _read_template(source: Source, where: str, text: str) -> None:
    """The sentences of a template: ``_("...")`` and ``n_("...", "...", count)``."""
    for call in Environment().parse(text).find_all(nodes.Call):
        if not isinstance(call.node, nodes.Name) or call.node.name not in ("_", "n_"):
            continue
        at = f"{where}:{call.lineno}"
        facts = None if call.dyn_kwargs else {one.key for one in call.kwargs} | {"n" for _ in call.node.name[1:]}
        for words in (words for argument in call.args[:1] for words in _template_literals(argument)):
            source.sentences.append((at, words, facts))
            source.strings.add(words)
        if any(isinstance(one, nodes.BinExpr | nodes.Concat | nodes.Filter) for one in call.args[:1]):
            source.unreadable.append(f"{at}: a sentence must stand whole in the source, not put together")


def _template_literals(node: nodes.Expr) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from (words for one in (node.expr1, node.expr2) if one for words in _template_literals(one))


def _read_call(source: Source, where: str, call: ast.Call, errors: set[str]) -> None:
    called = _called(call.func)
    given = {keyword.arg for keyword in call.keywords if keyword.arg}
    facts = None if any(keyword.arg is None for keyword in call.keywords) else given
    if called in errors or called in CODED:
        first = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "code")]
        for code in (code for argument in first for code in _literals(argument)):
            source.codes.append((where, code, facts if called in errors else None))
        if any(isinstance(argument, ast.JoinedStr) for argument in first):
            source.unreadable.append(f"{where}: a code must stand whole in the source, not put together")
    elif called in TRANSLATORS or called == "phrase":
        facts = facts if called in TRANSLATORS else None
        source.sentences += [(where, words, facts) for a in call.args[:1] for words in _literals(a)]
        if any(isinstance(argument, ast.JoinedStr) for argument in call.args[:1]):
            source.unreadable.append(f"{where}: a sentence must stand whole in the source, not put together")
    elif called == "n" and isinstance(call.func, ast.Attribute) and _called(call.func.value) in TRANSLATORS:
        facts = None if facts is None else facts | {"n"}
        source.sentences += [(where, words, facts) for a in call.args[:1] for words in _literals(a)]
    elif called in ("option", "argument", "command", "group", "prompt", "confirm"):
        texts = [keyword.value for keyword in call.keywords if keyword.arg in HELP]
        words = [inspect.cleandoc(literal) for text in texts for literal in _literals(text)]
        source.sentences += [(where, text, None) for text in words]


def _called(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _literals(node: ast.expr) -> Iterator[str]:
    """The strings an argument can be: itself, or either side of an ``a if x else b``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _help(function: ast.FunctionDef) -> str | None:
    """The docstring of a click command: its help."""
    calls = (item.func if isinstance(item, ast.Call) else item for item in function.decorator_list)
    return ast.get_docstring(function) if {_called(call) for call in calls} & {"command", "group"} else None


# --- checking ----------------------------------------------------------------------------------------


Words = dict[str, Message]
"""The entries of a package in one language, by name."""


def check(root: Path) -> list[str]:
    """Every mistake, as a line that names its place; empty when all is well."""
    packages = homes(root)
    errors = error_classes(tree for home in packages for _, tree in modules(home, root))
    sources = {home: read_source(home, root, errors) for home in packages}
    used = set().union(*(source.strings for source in sources.values()))
    core = root / "core" / "perthyn"
    mistakes: list[str] = []
    for home, source in sources.items():
        mistakes += source.unreadable
        words = {}
        for language in PLURALS:
            own, faults = _read_words(home, language, root, used)
            mistakes += faults
            words[language] = _read_words(core, language, root, used)[0] | own
            if language == "en":
                mistakes += _unsaid(home, source, own)
        mistakes += _missing(source, words)
        mistakes += [
            f"{home.relative_to(root).as_posix()}: {code} is only in the {here} catalogue"
            for here, there in (("en", "cy"), ("cy", "en"))
            for code in sorted(set(filter(CODE.fullmatch, words[here])) - set(words[there]))
        ]
    return sorted(set(mistakes))


def _read_words(home: Path, language: str, root: Path, used: set[str]) -> tuple[Words, list[str]]:
    """The entries of one package and language by name, and what is wrong with them."""
    words: Words = {}
    faults: list[str] = []
    for path in fragments(home, language):
        place = path.relative_to(root).as_posix()
        if language == "cy" and PLURALS["cy"] not in path.read_text(encoding="utf-8"):
            faults.append(f"{place}: the header must hold Plural-Forms: {PLURALS['cy']}")
            continue
        try:
            catalogue = read(path)
        except PoFileError as error:
            faults.append(f"{place}:{error.lineno}: {error}")
            continue
        for message in entries(catalogue):
            key = name(message)
            where = f"{place}: {key.splitlines()[0]!r}"
            faults += [f"{where} {fault}" for fault in _entry_faults(message, language)]
            if path.stem == "click":
                continue
            if key in words and words[key].string != message.string:
                faults.append(f"{where} stands in another file with other words")
            if key not in used:
                faults.append(f"{where} is used nowhere")
            words[key] = message
    return words, faults


def _entry_faults(message: Message, language: str) -> Iterator[str]:
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield "is fuzzy"
    if not all(forms):  # a plural form that is missing is read as an empty one
        yield "has no words, or not in each plural form"
        return
    ids = [message.id] if isinstance(message.id, str) else list(message.id or ())
    if language == "cy":
        yield from _unwelsh(ids[0], forms)
    if CODE.fullmatch(ids[0]):
        if forms[0].count("\n") != 1:
            yield "must be two lines: what is wrong, and what to do next"
        return
    if language == "en":
        yield "is a sentence; the en catalogue is for codes"
    wanted = [places(text) for text in ids]
    if places(forms[-1]) != wanted[-1] or any(places(form) - set().union(*wanted) for form in forms):
        yield f"names other places than its English: {sorted(wanted[-1])}"


def _unwelsh(english: str, forms: list[str]) -> Iterator[str]:
    for said, wrong, right in UNWELSH:
        for form in forms:
            if re.search(said, english, re.IGNORECASE) and re.search(wrong, form, re.IGNORECASE):
                yield f"has a word that should be {right!r}: {form!r}"


def _unsaid(home: Path, source: Source, english: Words) -> Iterator[str]:
    """Our own words where somebody at a desk would read them."""
    if home.name != "perthyn_web":
        return
    shown = [(where, sentence) for where, sentence, _ in source.sentences]
    shown += [(home.name, str(message.string)) for message in english.values()]
    for where, sentence in shown:
        for word in sorted(UNSAID & set(re.findall(r"[a-z]+", sentence.lower()))):
            yield f"{where}: {word!r} is no word for the screen: {sentence!r}"


def _missing(source: Source, words: dict[str, Words]) -> Iterator[str]:
    for where, code, facts in source.codes:
        for language, known in words.items():
            if code not in known:
                yield f"{where}: {code} is not in the {language} catalogue"
            elif facts is not None and (absent := places(str(known[code].string)) - facts):
                yield f"{where}: the {language} words of {code} name {sorted(absent)}, not given here"
    for where, sentence, facts in source.sentences:
        if sentence not in words["cy"]:
            yield f"{where}: {sentence!r} is not in the cy catalogue"
        if facts is not None and (absent := places(sentence) - facts):
            yield f"{where}: {sentence!r} names {sorted(absent)}, not given here"


def places(text: str) -> set[str]:
    """The places to be filled: ``{row}`` is "row", ``%(prog)s`` is "prog"."""
    try:
        named = {place for _, place, _, _ in string.Formatter().parse(text) if place}
    except ValueError:  # a lone brace: told as a place, so that it cannot agree with anything
        named = {text}
    return named | set(re.findall(r"%\((\w+)\)", text))


def reviewed(root: Path) -> tuple[int, int]:
    """How many Welsh entries a Welsh speaker has reviewed, and how many there are."""
    paths = [path for home in homes(root) for path in fragments(home, "cy")]
    messages = [message for path in paths for message in entries(read(path))]
    waiting = sum(UNREVIEWED in " ".join(message.user_comments) for message in messages)
    return len(messages) - waiting, len(messages)


def main(command: str) -> int:
    if command == "compile":
        for path, content in compiled(ROOT).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(path.relative_to(ROOT).as_posix())
        return 0
    if command != "check":
        print(__doc__)
        return 2
    mistakes = check(ROOT)
    stale = [p for p, content in compiled(ROOT).items() if not p.is_file() or p.read_bytes() != content]
    mistakes += [f"{path.relative_to(ROOT).as_posix()}: compile the catalogues again" for path in stale]
    print("\n".join(mistakes))
    done, total = reviewed(ROOT)
    print(f"{len(mistakes)} mistakes; {done} of {total} Welsh entries reviewed by a Welsh speaker")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
