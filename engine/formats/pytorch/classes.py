"""Scopes as classes: instances of a block that differ in values only become one class that takes them as parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.backends.graph import Source
from engine.formats.pytorch.calls import WIDTH, Made, Name, argument_code, code, identifier, made, title
from engine.formats.pytorch.forward import Body, body_of
from engine.formats.pytorch.tree import Loop, Scope, Visit


@dataclass(frozen=True)
class Member:
    """An attribute of a class: a module, or a list of modules."""

    name: str
    made: tuple[Made, ...]
    is_list: bool = False
    note: str = ""


@dataclass
class Draft:
    """A scope on its way into a class."""

    scope: Scope
    members: tuple[Member, ...]
    body: Body

    @property
    def key(self) -> tuple[object, ...]:
        """What instances of one class have in common."""
        members = tuple((it.name, it.is_list, tuple(each.skeleton for each in it.made)) for it in self.members)
        return self.scope.title, members, self.body.lines, self.body.arguments

    @property
    def leaves(self) -> list[tuple[str, str, object]]:
        """Attribute, argument and value, in order."""
        return [(it.name, leaf.name, leaf.value) for it in self.members for each in it.made for leaf in each.leaves()]


@dataclass
class Classes:
    """The classes of a network in an order in which each comes after those it uses, and where every weight is kept."""

    root: str
    taken: set[str]
    texts: list[str] = field(default_factory=list)
    made: dict[str, Made] = field(default_factory=dict)
    """For every scope by its name what makes its module."""

    def add(self, whole: Scope, lasting: tuple[Source, ...], ties: Sequence[str], note: str) -> None:
        """Writes the classes of all scopes, the lowest first; `ties` are the lines that end the network's `__init__`.

        `lasting` are the network's outputs when it is not training, where these are fewer.
        """
        scopes = [whole, *_below(whole)]
        for height in sorted({scope.height for scope in scopes}):
            groups: dict[tuple[object, ...], list[Draft]] = {}
            for scope in scopes:
                if scope.height == height and scope is not whole:
                    draft = self.draft(scope)
                    groups.setdefault(draft.key, []).append(draft)
            for drafts in groups.values():
                self._add(drafts)
        draft = self.draft(whole, lasting)
        self.texts.append(_text(self.root, draft, [], draft.members, note, ties, [draft]))

    def draft(self, scope: Scope, lasting: tuple[Source, ...] = ()) -> Draft:
        """A scope whose inner ones have their classes."""
        body = body_of(scope, lasting)
        return Draft(scope, tuple(self._members(scope, body)), body)

    def _members(self, scope: Scope, body: Body) -> Iterator[Member]:
        lists: dict[str, list[Made]] = {}
        notes: dict[str, str] = {}
        for item in scope.items:
            path = body.members.get(item)
            if path is None:
                continue
            notes.setdefault(path[0], item.note)
            if isinstance(item, Loop):
                several = [self.made[one.name] for one in item.scopes]
                lists[path[0]] = several[:1] if body.is_shared(item) else several
            elif isinstance(item, Visit):
                lists.setdefault(path[0], []).append(self.made[item.scope.name])
            elif item.step.made is not None:
                lists[path[0]] = [item.step.made]
        for name, found in lists.items():
            yield Member(name, tuple(found), name in body.lists, notes[name])

    def _add(self, drafts: Sequence[Draft]) -> None:
        first = drafts[0]
        name = identifier(title(first.scope.title), self.taken)
        self.taken.add(name)
        parameters, filled = _parameters(drafts)
        for place, draft in enumerate(drafts):
            self.made[draft.scope.name] = made(name, *((parameter, column[place]) for parameter, column in parameters))
        names = [f"{parameter}: {_kind(column)}" for parameter, column in parameters]
        self.texts.append(_text(name, first, names, filled, first.scope.note, [], drafts))


def _below(scope: Scope) -> Iterator[Scope]:
    for inner in scope.inner:
        yield inner
        yield from _below(inner)


def _parameters(drafts: Sequence[Draft]) -> tuple[list[tuple[str, tuple[object, ...]]], tuple[Member, ...]]:
    """What differs between instances, each under a name with its values; and the members of their class."""
    columns = list(zip(*(draft.leaves for draft in drafts), strict=True))
    found: dict[tuple[str, ...], str] = {}
    values: dict[str, tuple[object, ...]] = {}
    filling: list[object] = []
    held = {item for draft in drafts for item in draft.body.arguments}
    for column in columns:
        member, argument, first = column[0]
        column_values = tuple(value for *_, value in column)
        told = tuple(map(code, column_values))
        if len(set(told)) == 1:
            filling.append(first)
            continue
        if told not in found:
            name = _name(drafts, told, (argument, f"{member}_{argument}"), {*values, *held})
            found[told], values[name] = name, column_values
        filling.append(Name(found[told]))
    rest = iter(filling)
    members = tuple(
        Member(it.name, tuple(each.filled(rest) for each in it.made), it.is_list, it.note) for it in drafts[0].members
    )
    return list(values.items()), members


def _name(drafts: Sequence[Draft], told: tuple[str, ...], wishes: Sequence[str], taken: set[str]) -> str:
    """What a parameter is called: as the block's own that has these values, else as the argument it is for."""
    own = (
        name
        for name in drafts[0].scope.values
        if name != "index" and tuple(code(draft.scope.values.get(name)) for draft in drafts) == told
    )
    return next((name for name in (*own, *wishes) if identifier(name, taken) == name), identifier(wishes[-1], taken))


def _kind(column: tuple[object, ...]) -> str:
    """The type hint of values."""
    kinds = {type(value) for value in column}
    if kinds <= {int, float} and len(kinds) == 2:
        return "float"
    names = sorted("tuple[int, ...]" if kind is tuple else kind.__name__ for kind in kinds)
    return " | ".join(names)


def _text(
    name: str,
    draft: Draft,
    parameters: Sequence[str],
    members: Sequence[Member],
    note: str,
    more: Sequence[str],
    alike: Sequence[Draft],
) -> str:
    lines = [f"class {name}(nn.Module):", *_docstring(note), ""] if note else [f"class {name}(nn.Module):"]
    if members or more:
        lines += (
            _broken(f"    def __init__(self, {', '.join(parameters)})", " -> None:")
            if parameters
            else ["    def __init__(self) -> None:"]
        )
        lines += ["        super().__init__()", *(line for member in members for line in _member(member))]
        lines += [f"        {line}" for line in more] + [""]
    hints = "".join(f", {argument}: Tensor" for argument in draft.body.arguments)
    result = "Tensor" if draft.body.gives == 1 else f"tuple[{', '.join(['Tensor'] * draft.body.gives)}]"
    result = result if not draft.body.is_split else "Tensor | tuple[Tensor, ...]"
    lines += _broken(f"    def forward(self{hints})", f" -> {result}:")
    shapes = [other.body.shapes for other in alike]
    for place, line in enumerate(draft.body.lines):
        shape = shapes[0][place] if len({each[place] for each in shapes}) == 1 else ""
        lines += [f"        {line}  # {shape}" if shape else f"        {line}"]
    return "\n".join(lines)


def _docstring(note: str) -> list[str]:
    first, *rest = (line.strip() for line in note.replace("\\", "/").replace('"""', "'''").strip().split("\n"))
    if not rest:
        return [f'    """{first}"""']
    return [f'    """{first}', *(f"    {line}".rstrip() for line in rest), '    """']


def _member(member: Member) -> Iterator[str]:
    for line in filter(None, member.note.strip().split("\n")):
        yield f"        # {line.strip()}"
    begin = f"        self.{member.name} = "
    if not member.is_list:
        yield from _call(begin, member.made[0])
        return
    if len({code(each) for each in member.made}) == 1:
        yield f"{begin}nn.ModuleList({code(member.made[0])} for _ in range({len(member.made)}))"
        return
    yield f"{begin}nn.ModuleList("
    yield "            ["
    yield from (f"                {code(each)}," for each in member.made)
    yield "            ]"
    yield "        )"


def _call(begin: str, call: Made) -> Iterator[str]:
    line = f"{begin}{code(call)}"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{begin}{call.kind}("
    yield from (f"            {argument_code(argument)}," for argument in call.arguments)
    yield "        )"


def _broken(head: str, tail: str) -> list[str]:
    """A method's first line, in several where it is long."""
    if len(head) + len(tail) <= WIDTH:
        return [head + tail]
    name, _, arguments = head.removesuffix(")").partition("(")
    return [f"{name}(", *(f"        {argument}," for argument in arguments.split(", ")), f"    ){tail}"]
