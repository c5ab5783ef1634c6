"""Making the API: FastAPI with our errors, in the asker's language, and a right at each route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn_web.showing import Showing
from perthyn_web.visiting import Reception


class Unguarded(Exception):
    """A route that declares no right."""


def make_api(reception: Reception, showing: Showing) -> FastAPI:
    """The API of all plugins. Raises `Unguarded` for a route that asks for no right."""
    api = FastAPI(title="perthyn", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")

    def may(right: str) -> Callable[..., Iterator[Crm]]:
        def acting(request: Request) -> Iterator[Crm]:
            with reception.signed_in(request) as (crm, person):
                visit = reception.visit(crm, request, person)
                visit.crm.check(right)
                yield visit.crm

        acting.right = right  # type: ignore[attr-defined]
        return acting

    with reception.opens() as crm:
        for router in crm.routers(may):
            api.include_router(router)
    for route in api.routes:
        if isinstance(route, APIRoute) and not rights_at(route):
            raise Unguarded(route.path)
    return api


def rights_at(route: APIRoute) -> list[str]:
    """The rights that a route asks for."""
    found = [getattr(one.call, "right", "") for one in route.dependant.dependencies]
    return [one for one in found if one]
