# SPDX-License-Identifier: Apache-2.0
"""A value for every member of a shape of botocore's models, as botocore's users write it and as fairlead's callers do."""
import base64
import datetime

WHEN = datetime.datetime(2026, 11, 20, 3, 4, 5, tzinfo=datetime.timezone.utc)


def sample(shape, name="x", depth=0):
    """For botocore: times are datetimes, blobs are bytes."""
    kind = shape.type_name
    if kind == "structure":
        members = shape.members.items() if depth < 6 else []
        return {n: sample(m, n, depth + 1) for n, m in members if not getattr(m, "is_document_type", False)}
    if kind == "list":
        return [sample(shape.member, f"{name} {i}", depth + 1) for i in (1, 2)] if depth < 6 else []
    if kind == "map":
        return {"key a": sample(shape.value, "value a", depth + 1), "key b": sample(shape.value, "value b", depth + 1)}
    return {"string": getattr(shape, "enum", None) and shape.enum[0] or f"{name} é&<", "integer": 7, "long": 1 << 33, "double": 1.5,
            "float": 0.5, "boolean": True, "timestamp": WHEN, "blob": b"blob \x01", "character": "c"}[kind]


def ours(value, protocol, raw_blob=False):
    """The same for our call(): times are seconds (text for the query protocols), blobs base64 in JSON."""
    if isinstance(value, dict):
        return {k: ours(v, protocol, raw_blob) for k, v in value.items()}
    if isinstance(value, list):
        return [ours(v, protocol, raw_blob) for v in value]
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ") if protocol in ("query", "ec2") else int(value.timestamp())
    if isinstance(value, bytes):
        return value.decode() if raw_blob else base64.b64encode(value).decode()
    return value


def answered(value):
    """What botocore parsed, as our answers have it."""
    if isinstance(value, dict):
        return {k: answered(v) for k, v in value.items() if k != "ResponseMetadata"}
    if isinstance(value, list):
        return [answered(v) for v in value]
    if isinstance(value, datetime.datetime):
        return int(value.timestamp())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def without_empty(value):
    """Absent and empty lists are the same: ours are always there."""
    if isinstance(value, dict):
        return {k: w for k, v in value.items() if (w := without_empty(v)) not in ([], None)}
    return [without_empty(v) for v in value] if isinstance(value, list) else value
