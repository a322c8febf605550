# SPDX-License-Identifier: Apache-2.0
"""Checks raw answers against botocore's output shapes: no unknown members, right types, required ones there."""
import datetime
import json
import xml.etree.ElementTree as ET

problems = []
checked = 0


def tell(path, what):
    problems.append(f"{path}: {what}")


def check_json(shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return tell(path, f"{value!r} is no structure")
        names = {m.serialization.get("name", n): (n, m) for n, m in shape.members.items()}
        for key, inner in value.items():
            if key not in names:
                tell(path, f"unknown member {key}")
            elif inner is not None:
                check_json(names[key][1], inner, f"{path}.{key}")
        for needed in shape.required_members:
            if shape.members[needed].serialization.get("name", needed) not in value:
                tell(path, f"required member {needed} is absent")
    elif kind == "list":
        if not isinstance(value, list):
            return tell(path, f"{value!r} is no list")
        for index, inner in enumerate(value):
            check_json(shape.member, inner, f"{path}[{index}]")
    elif kind == "map":
        if not isinstance(value, dict):
            return tell(path, f"{value!r} is no map")
        for key, inner in value.items():
            check_json(shape.value, inner, f"{path}.{key}")
    elif kind in ("string", "character"):
        if not isinstance(value, str):
            tell(path, f"{value!r} is no text")
        elif getattr(shape, "enum", None) and value not in shape.enum:
            tell(path, f"{value!r} is none of {shape.enum}")
    elif kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            tell(path, f"{value!r} is no integer")
    elif kind == "boolean":
        if not isinstance(value, bool):
            tell(path, f"{value!r} is no flag")
    elif kind in ("double", "float"):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            tell(path, f"{value!r} is no number")
    elif kind == "timestamp":
        if not isinstance(value, (int, float)) and shape.serialization.get("timestampFormat") != "iso8601":
            tell(path, f"{value!r} is no time")


def local(element):
    return element.tag.split("}")[-1]


def scalar(kind, text, path, shape):
    try:
        if kind in ("integer", "long"):
            int(text)
        elif kind in ("double", "float"):
            float(text)
        elif kind == "boolean" and text not in ("true", "false"):
            raise ValueError
        elif kind == "timestamp":
            datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        tell(path, f"{text!r} is no {kind}")
    if kind == "string" and getattr(shape, "enum", None) and text not in shape.enum:
        tell(path, f"{text!r} is none of {shape.enum}")


def check_xml(shape, element, path):
    kind = shape.type_name
    if kind == "structure":
        names = {}
        for name, inner in shape.members.items():
            names[inner.serialization.get("name", name)] = inner
        seen = set()
        for child in element:
            name = local(child)
            seen.add(name)
            if name not in names:
                tell(path, f"unknown element {name}")
            else:
                check_xml(names[name], child, f"{path}.{name}")
        for needed in shape.required_members:
            if shape.members[needed].serialization.get("name", needed) not in seen:
                tell(path, f"required element {needed} is absent")
    elif kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child) != wanted:
                tell(path, f"list element {local(child)} instead of {wanted}")
            else:
                check_xml(shape.member, child, f"{path}[]")
    elif kind != "map":
        scalar(kind, element.text or "", path, shape)


def check(operation_model, response_dict, **_):
    global checked
    if response_dict["status_code"] >= 300 or operation_model.output_shape is None:
        return
    checked += 1
    service = operation_model.service_model
    where = f"{service.service_name}.{operation_model.name}"
    protocol = service.metadata["protocol"]
    body = response_dict["body"]
    if protocol in ("json", "rest-json"):
        check_json(operation_model.output_shape, json.loads(body or b"{}"), where)
    elif protocol in ("query", "ec2"):
        root = ET.fromstring(body)
        if protocol == "query":
            results = [child for child in root if local(child).endswith("Result")]
            if operation_model.output_shape.members and not results:
                return tell(where, "no result element")
            root = results[0] if results else root
        else:
            for child in list(root):
                if local(child) == "requestId":
                    root.remove(child)
        check_xml(operation_model.output_shape, root, where)
