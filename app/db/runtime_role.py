"""Whether the third wall stands: row-level security does not hold every role that a server could log in as."""

from app.db.engine import Connection
from app.refusal import Refusal

# Superusers and who has BYPASSRLS are not held at all, and whoever owns the tables can switch it off.
LOGIN = """
SELECT rolname, NOT (rolsuper OR rolbypassrls OR EXISTS (
    SELECT FROM pg_class WHERE oid = to_regclass('alembic_version') AND pg_has_role(relowner, 'MEMBER')
)) AS held FROM pg_roles WHERE rolname = current_user
"""


class RoleNotHeld(Refusal):
    """The server's role gets around row-level security."""


async def held_role(connection: Connection) -> str:
    """The name of the role that is logged in; raises RoleNotHeld where it gets around row-level security."""
    (role,) = await connection.fetch(LOGIN)
    if not role["held"]:
        raise RoleNotHeld(
            f"The role {role['rolname']} gets around row-level security: name one in TRELLIS_DATABASE_URL that owns "
            "nothing"
        )
    return str(role["rolname"])
