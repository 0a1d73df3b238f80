"""Doors from other programs of the reporter's own device: the share menu of a phone, a bookmark in a browser.

They fill the public form in; nothing is stored or sent before the person presses send.
"""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response

from app import web
from app.i18n import words
from intake import codes, forms, routes

router = APIRouter()
TARGET: Final = "/chia-se"
_LINK: Final = re.compile(r"https?://\S+", re.IGNORECASE)

SharedForm = Annotated[str, Form()]
# Opens this centre's form in a new tab with the title, the marked words and the address of the page at hand.
_BOOKMARK: Final = (
    "javascript:void(open('{target}?title='+encodeURIComponent(document.title.slice(0,300))"
    "+'&text='+encodeURIComponent(String(getSelection()).slice(0,1500))"
    "+'&url='+encodeURIComponent(location.href.slice(0,2000)),'_blank','noopener'))"
)


def filled(title: str, text: str, url: str) -> forms.Typed:
    """Return the form as it is filled from what was shared, under a fresh code.

    Phones put a link where they like: an address alone, or at the end of a text, becomes the link.
    """
    text, url = text.strip(), url.strip()
    found = _LINK.findall(text)
    if not url and found:
        url = found[-1].rstrip(".,;:!?)]»”")
        if text.endswith(found[-1]):
            text = text.removesuffix(found[-1]).rstrip(" \n:-–")
    elif url and text.endswith(url):
        text = text.removesuffix(url).rstrip(" \n:-–")
    title = title.strip()
    if title and title not in text and not _LINK.fullmatch(title):
        text = f"{title}\n{text}".strip()
    return forms.Typed(text=text, url=url, code=codes.new())


def _page(request: Request, title: str, text: str, url: str) -> Response:
    context = {**routes.form_values(filled(title, text, url).shown()), "shared": True}
    return web.not_kept(web.page(request, routes.FORM, context))


@router.get(TARGET)
def shared_by_bookmark(request: Request, title: str = "", text: str = "", url: str = "") -> Response:
    """Show the form filled in from a bookmark. The address is in no log of this service."""
    return _page(request, title, text, url)


@router.post(TARGET)
def shared_by_menu(
    request: Request, title: SharedForm = "", text: SharedForm = "", url: SharedForm = ""
) -> Response:
    """Show the form filled in from the share menu of an installed page."""
    return _page(request, title, text, url)


@router.get(f"{TARGET}/cach-dung")
def ways_page(request: Request) -> Response:
    """Explain the share menu and offer the bookmark."""
    bookmark = _BOOKMARK.format(target=f"{web.house(request).public_url}{TARGET}")
    return web.page(request, "intake/sharing.html", {"bookmark": bookmark})


@router.get("/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """Describe the site to browsers that can install it; installed, it stands in the share menu."""
    described = _described(web.house(request), web.language(request))
    return JSONResponse(described, media_type="application/manifest+json")


def _described(house: web.House, lang: str) -> dict[str, Any]:
    icon = f"/static/favicon.svg?v={house.static_digests.get('favicon.svg', '0')}"
    about = "Tiếp nhận phản ánh, xác minh và công bố kết luận về thông tin nghi sai sự thật."
    return {
        "id": "/",
        "name": house.agency.name or words(lang, "Kiểm Tin"),
        "short_name": words(lang, "Kiểm Tin"),
        "description": words(lang, about),
        "lang": lang,
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#faf8f2",
        "theme_color": "#faf8f2",
        "icons": [{"src": icon, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
        "share_target": {
            "action": TARGET,
            "method": "POST",
            "enctype": "application/x-www-form-urlencoded",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
