"""Holds JSON texts against a JSON Schema, as an editor does.

Standard input is a JSON object with `schema`, the path of a schema, and `texts`. Standard output is a JSON list of what the schema
has against each text; null where it takes it.
"""

import json
import re
import sys

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match


def ecma(pattern):
    """The pattern for Python, where `$` would be before a last line break too."""
    parts = re.findall(r"\\.|\[\^?(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL)
    return re.compile("".join(r"\Z" if part == "$" else part for part in parts))


compiled = {}


def matches(pattern, text):
    if pattern not in compiled:
        compiled[pattern] = ecma(pattern)
    return compiled[pattern].search(text) is not None


def check_pattern(validator, pattern, instance, schema):
    if validator.is_type(instance, "string") and not matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match")


def check_pattern_properties(validator, patterns, instance, schema):
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if matches(pattern, name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def additional(instance, schema):
    """The names that `additionalProperties` is about."""
    patterns = schema.get("patternProperties", {})
    for name in instance:
        if name not in schema.get("properties", {}) and not any(matches(pattern, name) for pattern in patterns):
            yield name


def check_additional_properties(validator, subschema, instance, schema):
    if not validator.is_type(instance, "object"):
        return
    for name in additional(instance, schema):
        yield from validator.descend(instance[name], subschema, path=name)


def complaint(validator, text):
    error = best_match(validator.iter_errors(json.loads(text)))
    return error and f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"


question = json.load(sys.stdin)
with open(question["schema"], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
keywords = {
    "pattern": check_pattern,
    "patternProperties": check_pattern_properties,
    "additionalProperties": check_additional_properties,
}
validator = validators.extend(Draft202012Validator, keywords)(schema)
json.dump([complaint(validator, text) for text in question["texts"]], sys.stdout)
