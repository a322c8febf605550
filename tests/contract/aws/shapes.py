# SPDX-License-Identifier: Apache-2.0
"""The answer shapes of the XML services, written as src/aws/shape_texts.cpp has them (grammar: src/aws/shapes.hpp).

    python3 tests/contract/aws/shapes.py SERVICE Operation…     prints rows for shape_texts.cpp from botocore's models
"""
import sys

import botocore.session

SCALARS = {"integer": "#", "long": "#", "double": ".", "float": ".", "boolean": "?", "timestamp": "@", "string": "", "blob": "", "character": ""}
# IAM prefix of a service in our table -> botocore's name
BOTOCORE = {"elasticloadbalancing": "elbv2"}
_session = botocore.session.get_session()


def model(service):
    return _session.get_service_model(BOTOCORE.get(service, service))


def text_of(shape):
    if shape.type_name == "structure":
        return "{" + ",".join(field(name, member, shape) for name, member in shape.members.items() if "location" not in member.serialization) + "}"
    if shape.type_name == "list":
        return "[" + ("*" if shape.serialization.get("flattened") else "") + text_of(shape.member) + "]"
    if shape.type_name == "map":
        return "<" + text_of(shape.value) + ">"
    return SCALARS[shape.type_name]


def field(name, member, parent):
    wire = member.serialization.get("name", name)
    if member.type_name == "list" and member.serialization.get("flattened"):
        wire = member.member.serialization.get("name", wire)
    kind = text_of(member)
    return name + ("=" + wire if wire != name else "") + (":" + kind if kind else "")


def main():
    service, *operations = sys.argv[1:]
    for operation in operations:
        shape = model(service).operation_model(operation).output_shape
        text = text_of(shape) if shape else "{}"
        lines = [text[i:i + 112] for i in range(0, len(text), 112)]
        print(f'    {{"{service}:{operation}",')
        print("\n".join(f'     "{line}"' for line in lines) + "},")


if __name__ == "__main__":
    main()
