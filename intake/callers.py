"""Who calls the API: nobody in particular, or the program of a partner that shows its key."""

import time
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app import web
from intake import partners
from models import Forbidden, PartnerKey, Scope

# `auto_error` off: without a key the same doors are open to anybody.
_bearer: Final = HTTPBearer(
    auto_error=False, scheme_name="PartnerKey", description="Key of a partner portal; optional."
)


def caller(
    request: Request,
    session: web.SessionDep,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> PartnerKey | None:
    """Return the key that came with the request, or None where none came.

    A header that shows no good key is answered 401, never taken for an anonymous call: the partner's
    program should notice. Over its limit a key is answered 429 with the seconds to wait.
    """
    if "authorization" not in request.headers:
        return None
    house = web.house(request)
    token = "" if shown is None else shown.credentials
    found = partners.recognise(session, token, secret=house.code_key, at=web.now(), zone=house.zone)
    if found is None:
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="kiem-tin"'})
    meter: partners.Meter = request.app.state.meter
    wait = meter.wait(found, now=time.time())
    if wait:
        raise HTTPException(429, headers={"Retry-After": str(wait)})
    return found


CallerDep = Annotated[PartnerKey | None, Depends(caller)]


def need(key: PartnerKey | None, scope: Scope) -> None:
    """Raise Forbidden (`scope-missing`) for a key without `scope`; a call without a key may pass."""
    if key is not None and scope not in key.scopes:
        raise Forbidden("the key does not open this", code="scope-missing")
