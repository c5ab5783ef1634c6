"""The page that shows the OpenAPI document to people: Swagger UI from our own files, no other origin asked."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from perthyn_web.showing import STATIC, Showing

BEGIN = """\
window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: document.querySelector("#api").dataset.document,
    dom_id: "#api",
    deepLinking: true,
    validatorUrl: null,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
  });
});
"""
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>perthyn: API</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{css}">
<script src="{js}" defer></script>
<script src="{begin}" defer></script>
</head>
<body>
<main id="api" data-document="{document}"></main>
</body>
</html>
"""


def docs_routes(showing: Showing) -> list[Route]:
    """``/docs`` and what begins it. They say nothing about anybody, so everybody may read them."""
    folder = next(STATIC.glob("vendor/swagger-ui-*")).relative_to(STATIC).as_posix()

    def page(request: Request) -> Response:
        root = str(request.scope.get("root_path", ""))
        places = {
            "icon": showing.asset("perthyn.svg"),
            "css": showing.asset(f"{folder}/swagger-ui.css"),
            "js": showing.asset(f"{folder}/swagger-ui-bundle.js"),
            "begin": f"{root}/docs.js",
            "document": f"{root}/openapi.json",
        }
        return HTMLResponse(PAGE.format(**{name: escape(one) for name, one in places.items()}))

    def begin(request: Request) -> Response:
        return Response(BEGIN, media_type="text/javascript")

    return [Route("/docs", page, include_in_schema=False), Route("/docs.js", begin, include_in_schema=False)]
