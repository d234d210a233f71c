"""What `trellis doctor` finds out about the identity provider: its keys, and whether issuer and audience fit."""

import asyncio
from collections import Counter
from ssl import SSLContext

import httpx

from app.auth.jwks import (
    FETCH_TIMEOUT,
    UnsafeKeySetAddress,
    UnusableKeySet,
    download,
    is_safe,
    require_safe,
    usable_keys,
)
from app.auth.tokens import near
from app.config import Settings
from app.doctor.finding import Finding

DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, section 4
DEFAULT = "trellis"


async def of_identity_provider(settings: Settings) -> list[Finding]:
    """Nothing where no key set is set: then tokens are signed with a secret, and there is nobody to ask."""
    url = settings.jwks_url
    if url is None:
        return []
    try:
        require_safe(url)
    except UnsafeKeySetAddress as refusal:
        return [Finding(well=False, text=str(refusal))]
    certificates = httpx.create_ssl_context()
    return [
        await _of_keys(url, certificates),
        *await _of_issuer(settings.jwt_issuer, url, certificates),
        _of_audience(settings.jwt_audience),
    ]


async def _of_keys(url: str, certificates: SSLContext) -> Finding:
    try:
        keys = usable_keys(await _fetched(url, certificates))
    except (httpx.HTTPError, OSError, ValueError, UnusableKeySet) as error:
        text = f"There are no keys at TRELLIS_JWKS_URL, {url} ({_reason(error)}): nobody can sign in"
        return Finding(well=False, text=text)
    kinds = ", ".join(f"{number} of {name}" for name, number in Counter(key.algorithm_name for key in keys).items())
    return Finding(well=True, text=f"The identity provider publishes {len(keys)} keys for tokens: {kinds}")


async def _of_issuer(issuer: str, url: str, certificates: SSLContext) -> list[Finding]:
    """What the provider calls itself, where it says so at the address that the issuer is."""
    if issuer == DEFAULT:
        text = "TRELLIS_JWT_ISSUER is not set: tokens must have `trellis` in `iss`, where providers write their address"
        return [Finding(well=False, text=text)]
    if not is_safe(issuer):
        return [Finding(well=True, text=f"Tokens must have {issuer} in `iss`, which is no address to ask")]
    try:
        document = await _fetched(issuer.rstrip("/") + DISCOVERY, certificates)
    except (httpx.HTTPError, OSError, ValueError, UnusableKeySet) as error:
        text = f"Tokens must have {issuer} in `iss`, which tells nothing of itself ({_reason(error)})"
        return [Finding(well=True, text=text)]
    said = document if isinstance(document, dict) else {}
    findings = [_compared(issuer, said.get("issuer"))]
    if said.get("jwks_uri", url) != url:
        text = f"TRELLIS_JWKS_URL is {url}, and the provider signs with the keys at {said['jwks_uri']}: set it to that"
        findings.append(Finding(well=False, text=text))
    return findings


def _compared(issuer: str, said: object) -> Finding:
    if said == issuer:
        return Finding(well=True, text=f"The identity provider calls itself {issuer}, as TRELLIS_JWT_ISSUER does")
    differs = " (it differs only by a slash)" if near(said, issuer) else ""
    text = f"TRELLIS_JWT_ISSUER is {issuer}, and the provider calls itself {said}{differs}: set it to that"
    return Finding(well=False, text=text)


def _of_audience(audience: str) -> Finding:
    """What it must be only tokens say; that it is the default is almost always forgotten."""
    if audience != DEFAULT:
        return Finding(well=True, text=f"Tokens must have {audience} in `aud`")
    text = "TRELLIS_JWT_AUDIENCE is `trellis`: see that the provider writes it into `aud`"
    return Finding(well=True, text=text)


async def _fetched(url: str, certificates: SSLContext) -> object:
    async with asyncio.timeout(FETCH_TIMEOUT):
        return await download(url, certificates)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
