"""Looks at requests as receivers in Python do, with the libraries of Standard Webhooks and of CloudEvents.

Standard input is a JSON list of requests, each with `check`, `headers` (names and values), `body` (base64) and for webhooks
`secret`. Standard output is a JSON list of verdicts: what was read, or the complaint.
"""

import base64
import datetime
import json
import re
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_binary_event, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.v1.sdk.event import v1
from standardwebhooks.webhooks import Webhook


def by_name(headers):
    """The headers by their names in lower case. One that is there twice is a mistake of ours."""
    found = {}
    for name, value in headers:
        if name.lower() in found:
            raise ValueError(f"the header {name} is there twice")
        found[name.lower()] = value
    return found


def webhook(request, headers, body):
    secret = request["secret"]
    # The library takes any string for base64.
    Webhook(secret if secret.startswith("whsec_") else secret.encode()).verify(body, headers, json_parse=False)
    return []


def cloud_events(request, headers, body):
    content_type = headers.get("content-type", "")
    kind = content_type.split(";")[0].strip().lower()
    if kind == "application/cloudevents+json":
        return [structured(body)]
    # The library knows no batches, but its format does not mind where an event comes from.
    if kind == "application/cloudevents-batch+json":
        return [structured(json.dumps(event).encode()) for event in strict_json(body)]
    if kind == "application/x-ndjson":
        return [structured(line) for line in body.splitlines()]
    if is_json(content_type) and body:
        strict_json(body)
    # The old interface insists on what has to be there, and the new one on the types of all that is.
    v1.Event().UnmarshalBinary(headers, body, lambda data: data)
    return [described(from_binary_event(HTTPMessage(headers, body)))]


def structured(body):
    strict_json(body)
    v1.Event().UnmarshalJSON(body, lambda data: data)
    return described(from_structured_event(HTTPMessage({"content-type": JSONFormat.CONTENT_TYPE}, body)))


def strict_json(body):
    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    return json.loads(body, parse_constant=refuse)


def is_json(content_type):
    return re.match(JSONFormat.JSON_CONTENT_TYPE_PATTERN, content_type) is not None


def described(event):
    """Attributes and data as text: what is JSON with its keys in order and without spaces."""
    data = event.get_data()
    if is_json(event.get_datacontenttype() or ""):
        data = None if data is None else json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if isinstance(data, str):
        data = data.encode()
    return {
        "attributes": {name: text(value) for name, value in event.get_attributes().items()},
        "data": None if data is None else base64.b64encode(data).decode(),
    }


def text(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return value if isinstance(value, str) else json.dumps(value)


def verdict(request):
    try:
        check = {"webhook": webhook, "cloudEvents": cloud_events}[request["check"]]
        return {"events": check(request, by_name(request["headers"]), base64.b64decode(request["body"]))}
    except Exception as error:
        return {"events": [], "complaint": f"{type(error).__name__}: {error}"}


json.dump([verdict(request) for request in json.load(sys.stdin)], sys.stdout)
