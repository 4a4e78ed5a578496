"""The published JSON Schemas, read more strictly than readers need to."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def validator(name):
    """Give what holds documents to a schema, and to nothing but what it names."""
    schema = json.loads((REFERENCE / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(_closed(schema))


def _closed(part):
    if isinstance(part, list):
        return [_closed(member) for member in part]
    if not isinstance(part, dict):
        return part
    found = {key: _closed(value) for key, value in part.items()}
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found
