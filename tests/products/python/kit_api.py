"""An API of pay runs with the kit of kits/python: in Flask, FastAPI or Django, as is said."""

import json
import os
import sys
from typing import Any

from acrux_step_up import Api

MFA = "urn:acrux:acr:mfa"
SETTINGS = json.loads(os.environ["KIT_API"])
API = Api(**SETTINGS)
PAY = {"acr": MFA, "max_age": 300}


def in_flask(port: int) -> None:
    from acrux_step_up.flask import demands
    from flask import Flask, g

    app = Flask(__name__)

    @app.get("/read")
    @demands(API, scopes=["openid"])
    def read() -> dict[str, str]:
        return {"sub": g.token.subject}

    @app.post("/pay")
    @demands(API, **PAY)
    def pay() -> dict[str, Any]:
        return {"sub": g.token.subject, "acr": g.token.acr}

    @app.get("/phr")
    @demands(API, acr="phr")
    def phr() -> dict[str, Any]:
        return {}

    app.run("127.0.0.1", port, threaded=True)


def in_fastapi(port: int) -> None:
    import uvicorn
    from acrux_step_up import Verified
    from acrux_step_up.fastapi import demands
    from fastapi import Depends, FastAPI

    app = FastAPI()

    @app.get("/read")
    def read(token: Verified = Depends(demands(API, scopes=["openid"]))) -> dict[str, str]:
        return {"sub": token.subject}

    @app.post("/pay")
    async def pay(token: Verified = Depends(demands(API, **PAY))) -> dict[str, Any]:
        return {"sub": token.subject, "acr": token.acr}

    @app.get("/phr")
    def phr(token: Verified = Depends(demands(API, acr="phr"))) -> dict[str, Any]:
        return {}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def in_django(port: int) -> None:
    from wsgiref.simple_server import make_server

    from acrux_step_up.django import demands
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="kit")

    @demands(API, scopes=["openid"])
    def read(request: Any) -> JsonResponse:
        return JsonResponse({"sub": request.token.subject})

    @csrf_exempt
    @demands(API, **PAY)
    def pay(request: Any) -> JsonResponse:
        return JsonResponse({"sub": request.token.subject, "acr": request.token.acr})

    @demands(API, acr="phr")
    def phr(request: Any) -> JsonResponse:
        return JsonResponse({})

    globals()["urlpatterns"] = [path("read", read), path("pay", pay), path("phr", phr)]
    make_server("127.0.0.1", port, get_wsgi_application()).serve_forever()


{"flask": in_flask, "fastapi": in_fastapi, "django": in_django}[sys.argv[1]](int(sys.argv[2]))
