"""The door for challenges: the form's script and programs fetch one, solve it, send it with a report."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from app import web
from intake import proofs, reception
from intake.problems import problems

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])


class ParametersOut(BaseModel):
    """What is to be solved. Hexadecimal where it says bytes."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    algorithm: str
    cost: int
    key_length: int
    key_prefix: str
    nonce: str
    salt: str
    key_signature: str
    expires_at: int


class ChallengeOut(BaseModel):
    """A challenge of the open format ALTCHA v2, counter mode `uint32`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "parameters": {
                        "algorithm": proofs.ALGORITHM,
                        "cost": proofs.ROUNDS,
                        "keyLength": 32,
                        "keyPrefix": "0c5312ceb380a719dea8673f3a92e60d",
                        "nonce": "48cfcddcd6636c43223a43ca8a103399",
                        "salt": "7430673c5e9a22a1890dd3b44cbcd982",
                        "keySignature": "da91d4e36ec8795e8dac6d4d65f787b0124d11b20587062c5207e1b2b3dd3449",
                        "expiresAt": 1795407644,
                    },
                    "signature": "4e58df7bf4e0998c3c053c8bb2bca0bb2007713da35e68e0bc9a88b99c737a84",
                }
            ]
        }
    )

    parameters: ParametersOut
    signature: str


@router.get("/challenge", summary="Get a challenge to solve", responses=problems())
def challenge(request: Request, response: Response, session: web.SessionDep) -> ChallengeOut:
    """Return a fresh challenge, good for 25 minutes and for one report.

    Derive keys by PBKDF2 from the password `nonce` + counter (4 bytes, big-endian), counting from 0, until
    one begins with `keyPrefix`. Send as `proof` the base64 of
    `{"challenge": ..., "solution": {"counter": ..., "derivedKey": ...}}`.
    """
    web.not_kept(response)
    return ChallengeOut.model_validate(reception.fresh_challenge(request, session, at=web.now()))
