#!/usr/bin/env python3
"""Make the secrets of compose.yaml once: deploy/secrets/*.env, readable by their owner only.

Needs a checkout with .venv (`make install`): .venv/bin/python scripts/make_secrets.py
"""

import os
import secrets
import sys
from pathlib import Path

from app import keys

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "secrets"


def main() -> int:
    """Write both files unless one is there already: other keys would lock out what is stored."""
    if FOLDER.exists() and any(FOLDER.iterdir()):
        print(f"{FOLDER} holds secrets already; nothing was changed.", file=sys.stderr)
        return 1
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    password = secrets.token_urlsafe(24)
    pem = keys.new_audit_key().strip().replace("\n", "\\n")
    texts = {
        "database.env": f"POSTGRES_PASSWORD={password}\n",
        "kiemtin.env": f"DATABASE_URL=postgresql://kiemtin:{password}@database/kiemtin\n"
        f"CODE_KEY={keys.new_code_key()}\nCONTACT_KEY={keys.new_contact_key()}\nAUDIT_KEY={pem}\n",
    }
    for name, text in texts.items():
        with os.fdopen(os.open(FOLDER / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)
    print(f"Made {FOLDER}. Keep a copy of kiemtin.env apart from the database's backups.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
