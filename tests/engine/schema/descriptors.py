"""A .proto file as google.protobuf's descriptors: enough of the language for the one that we print."""

import re

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

_TOKEN = re.compile(r'\s+|//[^\n]*|("(?:[^"\\]|\\.)*"|[\w.+-]+|[{}=;\[\]])')
_TYPES = {"int64": 3, "double": 1, "bool": 8, "string": 9}
_LABELS = {"optional": 1, "repeated": 3}

File = descriptor_pb2.FileDescriptorProto
Descriptor = descriptor_pb2.DescriptorProto


def message_class(proto: str, name: str) -> type[message.Message]:
    """The class of the message `name`, after protobuf has checked the whole file."""
    file = _File(proto).descriptor
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{name}"))


class _File:
    def __init__(self, proto: str) -> None:
        self.tokens = [token for token in _TOKEN.findall(proto) if token]
        assert "".join(self.tokens) == "".join(re.sub(_TOKEN, r"\1", proto).split())
        self.descriptor = File(name="schema.proto")
        while self.tokens:
            self.statement()
        self.resolve()

    def next(self) -> str:
        return self.tokens.pop(0)

    def skip(self, *expected: str) -> None:
        for token in expected:
            assert self.next() == token, self.tokens[:10]

    def statement(self) -> None:
        word = self.next()
        if word == "syntax":
            self.skip("=", '"proto2"', ";")
        elif word == "package":
            self.descriptor.package = self.next()
            self.skip(";")
        else:
            assert word == "message"
            self.message(self.descriptor.message_type.add())

    def message(self, into: Descriptor) -> None:
        into.name = self.next()
        self.skip("{")
        while (word := self.next()) != "}":
            if word == "message":
                self.message(into.nested_type.add())
            elif word == "enum":
                self.enum(into.enum_type.add())
            elif word == "oneof":
                into.oneof_decl.add(name=self.next())
                self.skip("{")
                while self.tokens[0] != "}":
                    self.field(into, 1).oneof_index = len(into.oneof_decl) - 1
                self.skip("}")
            else:
                self.field(into, _LABELS[word])

    def enum(self, into: descriptor_pb2.EnumDescriptorProto) -> None:
        into.name = self.next()
        self.skip("{")
        while (name := self.next()) != "}":
            self.skip("=")
            into.value.add(name=name, number=int(self.next()))
            self.skip(";")

    def field(self, into: Descriptor, label: int) -> descriptor_pb2.FieldDescriptorProto:
        kind, name, _, number = (self.next() for _ in range(4))
        field = into.field.add(name=name, number=int(number), label=label)
        if kind in _TYPES:
            field.type = _TYPES[kind]
        else:
            field.type_name = kind
        if self.tokens[0] == "[":
            self.skip("[", "default", "=")
            field.default_value = self.next().strip('"')
            self.skip("]")
        self.skip(";")
        return field

    def resolve(self) -> None:
        """Gives every field the full name of its type, found from the innermost scope outwards."""
        kinds: dict[str, int] = {}
        for scope, found in self.scopes(self.descriptor.package, self.descriptor.message_type):
            kinds[scope] = 11
            kinds |= {f"{scope}.{enum.name}": 14 for enum in found.enum_type}
        for scope, found in self.scopes(self.descriptor.package, self.descriptor.message_type):
            for field in found.field:
                if field.type_name:
                    parts = scope.split(".")
                    names = (".".join([*parts[:n], field.type_name]) for n in range(len(parts), 0, -1))
                    name = next(name for name in names if name in kinds)
                    field.type, field.type_name = kinds[name], f".{name}"

    def scopes(self, outer: str, messages: list[Descriptor]) -> list[tuple[str, Descriptor]]:
        own = [(f"{outer}.{found.name}", found) for found in messages]
        return own + [pair for scope, found in own for pair in self.scopes(scope, found.nested_type)]
