#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""contract.py AWS_CALL: our AWS client against botocore's models and, where it is installed, against moto.

Last line: N passed, N failed, N skipped. A skipped part is named with its reason.
"""
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

import botocore
import botocore.parsers
import botocore.serialize
from samples import answered, ours, sample, without_empty
from shapes import answer_text, ec2_input_text, missing_in, operation_model

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parents[1] / "fixtures" / "aws"
PROTOCOLS = ["json", "json", "query", "ec2", "rest-json", "rest-xml"]
XML = ("query", "ec2", "rest-xml")
# Members that the S3 table leaves out on purpose: checksums, customer keys, object lock, conditional deletes.
S3_INPUT = {"Bucket", "Key", "Body", "Metadata", "ACL", "CacheControl", "ChecksumSHA256", "ContentDisposition", "ContentEncoding",
            "ContentLanguage", "ContentType", "ContinuationToken", "Delimiter", "EncodingType", "ExpectedBucketOwner", "FetchOwner", "IfMatch",
            "IfNoneMatch", "MaxKeys", "Prefix", "Range", "SSEKMSKeyId", "ServerSideEncryption", "StartAfter", "StorageClass", "Tagging", "VersionId"}


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, problems):
        if problems:
            self.failed += 1
            print(f"FAIL {name}: {problems if isinstance(problems, str) else '; '.join(map(str, problems[:5]))}")
        else:
            self.passed += 1

    def skip(self, name, reason):
        self.skipped += 1
        print(f"skipped: {name}: {reason}")


class Driver:
    """The aws_call program: one JSON line each way."""

    def __init__(self, program, env=None):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def check_vectors(tally):
    sys.path.insert(0, str(FIXTURES))
    import sigv4_vectors
    kept = json.loads((FIXTURES / "sigv4_vectors.json").read_text())["cases"]
    for one in kept:
        case = {k: v for k, v in one.items() if k not in ("time", "signed")}
        tally.check(f"signature vector {one['name']}", [] if sigv4_vectors.sign(case)["signed"] == one["signed"] else "botocore signs it otherwise")


def table_problems(row, found):
    metadata = found.service_model.metadata
    protocol = PROTOCOLS[row["protocol"]]
    spoken = metadata.get("protocols") or [metadata["protocol"]]
    out = [] if protocol in spoken else [f"protocol {spoken} in the model, {protocol} here"]
    wanted = [("endpoint", metadata["endpointPrefix"]), ("signing", metadata.get("signingName", metadata["endpointPrefix"])),
              ("sdk_id", metadata["serviceId"].upper().replace(" ", "_")),
              ("version", metadata["targetPrefix"] if protocol == "json" else metadata["apiVersion"])]
    if protocol.startswith("rest"):
        wanted += [("method", found.http["method"])]
        if row["path"].split("?")[0] != found.http["requestUri"].split("?")[0]:
            out.append(f"path {found.http['requestUri']} in the model")
    out += [f"{key} is {value} in the model, {row[key]} here" for key, value in wanted if row[key] != value]
    if row["token"] and row["token"] not in found.input_shape.members:
        out.append(f"no token member {row['token']}")
    if protocol in XML and found.output_shape:
        out += missing_in(row["answer"] or "{}", answer_text(found.output_shape))
    if protocol == "ec2":
        out += missing_in(row["input"], ec2_input_text(found.input_shape))
    return out


def check_callers(tally, names):
    """Every operation that the sources name is in the table; a wrong name would only show when a deploy comes to it."""
    services = {name.split(":")[0] for name in names}
    for file in sorted((HERE.parents[2] / "src").rglob("*.cpp")):
        called = {m for m in re.findall(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"', file.read_text()) if m.split(":")[0] in services}
        if called and file.name != "operations.cpp":
            tally.check(f"operations in {file.relative_to(HERE.parents[2])}", sorted(called - names))


def query_pairs(url):
    return sorted(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, keep_blank_values=True))


def same_body(protocol, mine, theirs):
    if protocol in ("json", "rest-json"):
        return json.loads(mine or "{}") == json.loads(theirs or "{}")
    if isinstance(theirs, dict):
        return sorted(urllib.parse.parse_qsl(mine, keep_blank_values=True)) == sorted((k, str(v)) for k, v in theirs.items())
    return mine == (theirs.decode() if isinstance(theirs, bytes) else theirs or "")


def request_problems(row, found, driver):
    protocol = PROTOCOLS[row["protocol"]]
    params = sample(found.input_shape) if found.input_shape else {}
    if row["operation"].startswith("s3:"):
        params = {k: v for k, v in params.items() if k in S3_INPUT}
        params["Bucket"], params["Body"] = "dotted.bucket", b"text"
        params = {k: v for k, v in params.items() if k in found.input_shape.members}
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    theirs = serializer.serialize_to_request(params, found)
    mine = driver.ask(do="encode", operation=row["operation"], params=ours(params, protocol, row["operation"].startswith("s3:")), region="eu-west-1")
    if "error" in mine:
        return mine["error"]["message"]
    path = urllib.parse.quote(urllib.parse.unquote(theirs["url_path"].split("?")[0]))
    out = [] if mine["method"] == theirs["method"] else ["method"]
    if urllib.parse.quote(urllib.parse.unquote(urllib.parse.urlsplit(mine["url"]).path)) != path:
        out.append(f"path {path} in botocore, {mine['url']} here")
    query = dict(theirs["query_string"]) if theirs["query_string"] else {}
    query.update(urllib.parse.parse_qsl(theirs["url_path"].partition("?")[2], keep_blank_values=True))
    if query_pairs(mine["url"]) != sorted((k, str(v).lower() if isinstance(v, bool) else str(v)) for k, v in query.items()):
        out.append(f"query {query} in botocore, {mine['url']} here")
    theirs_headers = {k.lower(): v for k, v in theirs["headers"].items()}
    mine_headers = {k.lower(): v for k, v in mine["headers"].items()}
    out += [f"header {k}: {v!r} in botocore, {mine_headers.get(k)!r} here" for k, v in theirs_headers.items()
            if mine_headers.get(k) != v and k != "content-type"]
    if not same_body(protocol, mine["body"], theirs["body"]):
        out.append(f"body {theirs['body']} in botocore, {mine['body']} here")
    return out


def answer_problems(row, found, driver):
    from moto.core.serialize import get_serializer_class
    from moto.core.utils import get_service_model
    protocol = PROTOCOLS[row["protocol"]]
    service = found.service_model.service_name
    serializer = get_serializer_class(service, protocol)(get_service_model(service).operation_model(found.name))
    wire = serializer.serialize(sample(found.output_shape))
    body = wire["body"].decode() if isinstance(wire["body"], bytes) else wire["body"]
    headers = {k: str(v) for k, v in dict(wire["headers"]).items()}
    parsed = botocore.parsers.create_parser(protocol).parse(
        {"status_code": 200, "headers": headers, "body": body.encode()}, found.output_shape)
    mine = driver.ask(do="decode", operation=row["operation"], status=200, headers=headers, body=body)
    if "error" in mine:
        return mine["error"]["message"]
    theirs, got = without_empty(answered(parsed)), without_empty(mine["answer"])
    got.pop("requestId", None)
    for name, member in found.output_shape.members.items():
        if member.serialization.get("location") == "header":
            theirs.pop(name, None)
    return [] if theirs == got else [f"botocore reads {differences(theirs, got)}"]


def differences(theirs, got, path=""):
    if isinstance(theirs, dict) and isinstance(got, dict):
        return [d for k in sorted(set(theirs) | set(got)) for d in differences(theirs.get(k), got.get(k), f"{path}.{k}")]
    if isinstance(theirs, list) and isinstance(got, list) and len(theirs) == len(got):
        return [d for i, (a, b) in enumerate(zip(theirs, got)) for d in differences(a, b, f"{path}[{i}]")]
    return [] if theirs == got else [f"{path}: {theirs!r} where we read {got!r}"]


def has_moto():
    try:
        import moto.core.serialize  # noqa: F401
        import moto.server  # noqa: F401
    except ImportError as error:
        return str(error)
    return ""


def main():
    program = sys.argv[1]
    tally, driver = Tally(), Driver(program)
    no_moto = has_moto()
    check_vectors(tally)
    rows = driver.ask(do="table")
    check_callers(tally, {row["operation"] for row in rows})
    for row in rows:
        found = operation_model(row["operation"])
        if not found:
            tally.skip(row["operation"], f"botocore {botocore.__version__} is older than it")
            continue
        tally.check(f"{row['operation']} in the table", table_problems(row, found))
        tally.check(f"{row['operation']} request", request_problems(row, found, driver))
        # Answers of S3 that are headers are checked by real calls.
        if found.output_shape and not no_moto and (not row["operation"].startswith("s3:") or row["answer"]):
            tally.check(f"{row['operation']} answer", answer_problems(row, found, driver))
    driver.close()
    if no_moto:
        tally.skip("calls and answers", f"moto is not installed ({no_moto})")
    else:
        import moto_calls
        moto_calls.run(program, rows, tally, Driver)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
