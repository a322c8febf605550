# SPDX-License-Identifier: Apache-2.0
"""botocore's models as src/aws/shape_texts.cpp writes them (grammar: src/aws/shapes.hpp), and how the two compare.

    python3 tests/contract/aws/shapes.py ec2:DescribeInstances …      prints rows for shape_texts.cpp
"""
import re
import sys

import botocore.session

SCALARS = {"integer": "#", "long": "#", "double": ".", "float": ".", "boolean": "?", "timestamp": "@", "string": "", "blob": "", "character": ""}
# IAM prefix of a service in our table -> botocore's name
BOTOCORE = {"elasticloadbalancing": "elbv2"}
_session = botocore.session.get_session()


def model(service):
    return _session.get_service_model(BOTOCORE.get(service, service))


def operation_model(full_name):
    """None when this botocore is older than the operation."""
    service, name = full_name.split(":")
    found = model(service)
    return found.operation_model(name) if name in found.operation_names else None


def answer_text(shape):
    if shape.type_name == "structure":
        return "{" + ",".join(_field(n, m) for n, m in shape.members.items() if "location" not in m.serialization) + "}"
    if shape.type_name == "list":
        return "[" + ("*" if shape.serialization.get("flattened") else "") + answer_text(shape.member) + "]"
    if shape.type_name == "map":
        return "<" + answer_text(shape.value) + ">"
    return SCALARS[shape.type_name]


def _field(name, member):
    wire = member.serialization.get("name", name)
    if member.type_name == "list" and member.serialization.get("flattened"):
        wire = member.member.serialization.get("name", wire)
    return _named(name, wire, answer_text(member))


def ec2_input_text(shape):
    if shape.type_name == "structure":
        return "{" + ",".join(_named(n, _ec2_wire(n, m), ec2_input_text(m)) for n, m in shape.members.items()) + "}"
    if shape.type_name == "list":
        return "[*" + ec2_input_text(shape.member) + "]"
    return SCALARS[shape.type_name]


def _ec2_wire(name, member):
    wire = member.serialization.get("queryName") or member.serialization.get("name", name)
    return wire[0].upper() + wire[1:]


def _named(name, wire, kind):
    return name + ("=" + wire if wire != name else "") + (":" + kind if kind else "")


def missing_in(ours, theirs):
    """Fields and types of our text that the model's does not have; ours may have fewer fields."""
    return _missing(_parse(ours), _parse(theirs), "")


def _missing(ours, theirs, path):
    kind, inner = ours
    if kind != theirs[0]:
        return [f"{path or 'the answer'} is {theirs[0]} in the model, {kind} in the table"]
    if kind != "{":
        return _missing(inner, theirs[1], path + "[]") if inner else []
    out = []
    for name, (wire, shape) in inner.items():
        if name not in theirs[1]:
            out.append(f"{path}.{name} is not in the model")
        elif theirs[1][name][0] != wire:
            out.append(f"{path}.{name} is the element {theirs[1][name][0]} in the model, {wire} in the table")
        else:
            out += _missing(shape, theirs[1][name][1], f"{path}.{name}")
    return out


def _parse(text):
    tokens = re.findall(r"[\w-]+|.", text)
    shape = _parse_shape(tokens)
    assert not tokens, text
    return shape


def _parse_shape(tokens):
    kind = tokens[0] if tokens and tokens[0] in "{[<#.?@" else ""
    if kind:
        tokens.pop(0)
    if kind == "[":
        if tokens[0] == "*":
            kind += tokens.pop(0)
        inner = _parse_shape(tokens)
        assert tokens.pop(0) == "]"
        return kind, inner
    if kind == "<":
        inner = _parse_shape(tokens)
        assert tokens.pop(0) == ">"
        return kind, inner
    if kind == "{":
        return kind, _parse_fields(tokens)
    return kind, None


def _parse_fields(tokens):
    fields = {}
    while tokens[0] != "}":
        name = wire = tokens.pop(0)
        shape = ("", None)
        if tokens[0] == "=":
            tokens.pop(0)
            wire = tokens.pop(0)
        if tokens[0] == ":":
            tokens.pop(0)
            shape = _parse_shape(tokens)
        fields[name] = (wire, shape)
        if tokens[0] == ",":
            tokens.pop(0)
    tokens.pop(0)
    return fields


def _row(full_name, text):
    lines, line = [], ""
    for part in re.split(r"(?<=,)", text):
        if len(line) + len(part) > 124:
            lines.append(line)
            line = ""
        line += part
    lines.append(line)
    return f'    Row{{"{full_name}",\n' + "\n".join(f'        "{one}"' for one in lines) + "},"


def main():
    for full_name in sys.argv[1:]:
        found = operation_model(full_name)
        print("answer:", _row(full_name, answer_text(found.output_shape) if found.output_shape else "{}"), sep="\n")
        if full_name.startswith("ec2:"):
            print("input:", _row(full_name, ec2_input_text(found.input_shape)), sep="\n")


if __name__ == "__main__":
    main()
