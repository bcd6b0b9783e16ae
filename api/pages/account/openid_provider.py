"""An OpenID Connect provider, as we ask it: discovery, the code flow with PKCE, and the checks of its id token.

Authlib makes the requests' parameters and checks the claims; its own clients are left aside, as they bring another HTTP
library than the one everything else here uses.
"""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]  # authlib has no types
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.pages.account.discovery import TIMEOUT, Discovery, Document, ProviderRefused, json_of
from orchestrator.identity.openid import Account
from orchestrator.settings import Settings

_LEEWAY = 120  # seconds its clock may be away from ours
# Signatures that only the provider can make: with HS256, whoever knows the client's secret could.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one sign-in has asked for; kept by the browser, sealed, until it is back from the provider."""

    state: str
    nonce: str
    verifier: str
    next: str

    @classmethod
    def fresh(cls, next: str) -> "Asked":
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), next)


class Provider:
    """The provider that the settings name; one for all of a process's sign-ins."""

    def __init__(self, settings: Settings) -> None:
        assert settings.openid_issuer is not None
        assert settings.openid_client_id is not None
        self._discovery, self._client_id = Discovery(settings.openid_issuer), settings.openid_client_id
        self._secret = settings.openid_client_secret and settings.openid_client_secret.get_secret_value()
        self._claim = settings.openid_login_claim
        self._return_to = f"{settings.public_url}/sign-in/openid/return"

    async def address(self, asked: Asked) -> str:
        """Return where the browser goes to sign in. Raises `ProviderRefused`."""
        known = await self._discovery.document()
        address: str = prepare_grant_uri(
            known["authorization_endpoint"],
            self._client_id,
            "code",
            redirect_uri=self._return_to,
            scope="openid email profile",
            state=asked.state,
            nonce=asked.nonce,
            code_challenge=create_s256_code_challenge(asked.verifier),
            code_challenge_method="S256",
        )
        return address

    async def account(self, asked: Asked, code: str) -> Account:
        """Trade the code for the account it stands for. Raises `ProviderRefused`."""
        known = await self._discovery.document()
        async with httpx.AsyncClient(timeout=TIMEOUT) as http:
            tokens = await self._tokens(http, known, asked, code)
            claims = self._checked(tokens, await json_of(http, "GET", known["jwks_uri"]), asked, issuer=known["issuer"])
            if self._claim not in claims and "userinfo_endpoint" in known:
                bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
                told = await json_of(http, "GET", known["userinfo_endpoint"], headers=bearer)
                claims = {**told, **claims} if told.get("sub") == claims["sub"] else claims
        return Account(issuer=known["issuer"], subject=str(claims["sub"]), login=self._login(claims))

    async def _tokens(self, http: httpx.AsyncClient, known: Document, asked: Asked, code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return_to,
            "code_verifier": asked.verifier,
            "client_id": self._client_id,
        }
        methods = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret is not None and "client_secret_basic" in methods:
            return await json_of(http, "POST", known["token_endpoint"], data=form, auth=(self._client_id, self._secret))
        secret = {} if self._secret is None else {"client_secret": self._secret}
        return await json_of(http, "POST", known["token_endpoint"], data={**form, **secret})

    def _checked(self, tokens: dict[str, Any], keys: dict[str, Any], asked: Asked, *, issuer: str) -> dict[str, Any]:
        options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": self._client_id}}
        params = {"nonce": asked.nonce, "client_id": self._client_id, "access_token": tokens.get("access_token")}
        try:
            token = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]  # JSON
            CodeIDToken(token.claims, token.header, options, params).validate(leeway=_LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderRefused(f"its id token does not hold: {type(error).__name__}") from None
        return dict(token.claims)

    def _login(self, claims: dict[str, Any]) -> str | None:
        login = claims.get(self._claim)
        if self._claim == "email" and claims.get("email_verified") is not True:
            return None  # anybody may have written it there
        return login if isinstance(login, str) else None
