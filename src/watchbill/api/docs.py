"""The page that lists every operation, made of the published description: no scripts, nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase


class ListOfOperations(DocsBase):
    """One row for each operation: address, scope, fields, answers."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **_kwargs: Any) -> HttpResponse:
        schema = api.get_openapi_schema()
        context = {"operations": operations(schema), "info": schema["info"]}
        return render(request, "api/docs.html", context)


def operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation of the description, flat."""
    return [
        {
            "method": method.upper(),
            "path": address,
            "anchor": operation["operationId"],
            "summary": operation.get("description") or operation["summary"],
            "scope": operation.get("x-scope", ""),
            "fields": [*_parameters(operation), *_body(operation, schema)],
            "statuses": [status for status in operation["responses"] if str(status).startswith("2")],
        }
        for address, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def _parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": p["name"], "where": p["in"], "required": p["required"], "type": _type(p["schema"]), "about": p.get("description", "")}
        for p in operation["parameters"]
    ]


def _body(operation: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    for choice in (content, *content.get("anyOf", [])):
        if "$ref" in choice:
            model = schema["components"]["schemas"][choice["$ref"].rpartition("/")[2]]
            needed = model.get("required", [])
            return [
                {"name": name, "where": "body", "required": name in needed, "type": _type(field), "about": field.get("description", "")}
                for name, field in model.get("properties", {}).items()
            ]
    return []


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " | ".join(str(value) or '""' for value in field["enum"])
    if "anyOf" in field:
        return " | ".join(_type(choice) for choice in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or field.get("$ref", "").rpartition("/")[2])
